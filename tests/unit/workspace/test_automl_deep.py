"""AutoML on texts and images: what is asked, drawn, read and measured; and, where the libraries are, trained for real."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestrator.core import deep_learning
from orchestrator.core.errors import Invalid
from orchestrator.job_types import discover
from orchestrator.workspace.automl.deep.examples import (
    Examples,
    classes_of,
    image_place,
    images,
    label_list,
    split,
    texts,
    words,
)
from orchestrator.workspace.automl.deep.foreseen import foreseen_deep
from orchestrator.workspace.automl.deep.job import Place, run_deep
from orchestrator.workspace.automl.deep.scores import box_scores, entities, entity_scores, label_scores
from orchestrator.workspace.automl.deep.settings import read_deep_settings, trials
from orchestrator.workspace.automl.deep.wire import deep_fields, space_of
from orchestrator.workspace.automl.refusal import JobRefused

TEXT = {"task": "text_classification", "target_column_name": "y"}


def test_a_task_whose_libraries_are_missing_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = discover()["automl"]
    monkeypatch.setattr(deep_learning, "find_spec", lambda name: None)
    for variant in kind.variants:
        task = variant.removeprefix("automl.")
        found = list(kind.refusals(variant, {"task": task}))
        assert bool(found) == deep_learning.is_deep(task)
        assert all("[local,deep]" in refusal.fix and refusal.path == ("task",) for refusal in found)
    with pytest.raises(JobRefused, match=r"text_ner .* torch and transformers, which are not .*\[local,deep\]"):
        run_deep(Place(Path("j"), {"task": "text_ner"}, {}, Path("m")), print)
    monkeypatch.setattr(deep_learning, "find_spec", lambda name: name)
    assert not any(list(kind.refusals(variant, {})) for variant in kind.variants)


@pytest.mark.parametrize(
    ("body", "metric"),
    [
        ({}, "accuracy"),
        ({"primary_metric": "aucWeighted"}, "AUC_weighted"),
        ({"task": "image_classification_multilabel"}, "iou"),
        ({"task": "image_object_detection"}, "mean_average_precision"),
        ({"task": "text_ner", "target_column_name": None}, "accuracy"),
    ],
)
def test_the_metric_of_a_task(body: Mapping[str, Any], metric: str) -> None:
    settings = read_deep_settings({**TEXT, **body})
    assert settings.metric.name == metric
    assert (settings.limits.max_trials, settings.limits.timeout_s) == (1, 7 * 24 * 3600)


def test_parameters_of_trials() -> None:
    def drawn(seed: int = 1, **body: Any) -> list[dict[str, Any]]:
        return list(trials(read_deep_settings({**TEXT, **body}), seed))

    choice = {"type": "choice", "values": ["a", "b"]}
    several = {"limits": {"max_trials": 5}}
    assert drawn() == [{}]
    assert drawn(**several)[0] == {}
    assert all(1e-4 <= each["learning_rate"] <= 1e-2 for each in drawn(**several)[1:])
    assert drawn(**several) == drawn(**several) != drawn(2, **several)
    assert drawn(**several, training_parameters={"learning_rate": 0.1}) == [{"learning_rate": 0.1}], (
        "nothing else to try"
    )
    grid = {
        "sweep": {"sampling_algorithm": "grid"},
        "search_space": [{"model_name": choice, "weight_decay": 0.5}],
        **several,
    }
    assert drawn(**grid, training_parameters={"number_of_epochs": 3}) == [
        {"number_of_epochs": 3, "model_name": name, "weight_decay": 0.5} for name in ("a", "b")
    ]
    range_ = {"type": "uniform", "min_value": 1, "max_value": 2}
    assert all(1 <= each["learning_rate"] <= 2 for each in drawn(search_space=[{"learning_rate": range_}], **several))
    wrong = {**TEXT, "sweep": {"sampling_algorithm": "grid"}, "search_space": [{"learning_rate": range_}]}
    assert [path for path, _, stops in foreseen_deep(wrong) if stops] == [("search_space",)]


def test_what_has_no_effect_is_said() -> None:
    body = {
        **TEXT,
        "sweep": {"sampling_algorithm": "bayesian", "early_termination": {"type": "bandit"}},
        "limits": {"max_concurrent_trials": 2},
        "training_parameters": {"model_name": "no-such-model"},
    }
    said = {path: line for path, line, stops in foreseen_deep(body) if not stops}
    assert set(said) == {
        ("sweep", "early_termination"),
        ("sweep", "sampling_algorithm"),
        ("limits", "max_concurrent_trials"),
        ("training_parameters", "model_name"),
    }
    assert "from scratch" in said[("training_parameters", "model_name")]


def test_settings_come_over_the_wire() -> None:
    sent = {
        "fixedParameters": {"numberOfEpochs": 2, "learningRateScheduler": "CosineWithRestarts", "modelName": None},
        "searchSpace": [
            {"modelName": "choice('a','b')", "learningRate": "loguniform(-6,-1)", "optimizer": "sgd", "beta1": "0.5"}
        ],
        "sweepSettings": {
            "samplingAlgorithm": "Random",
            "earlyTermination": {"policyType": "Bandit", "slackFactor": 0.2},
        },
    }
    assert deep_fields(sent) == {
        "training_parameters": {"number_of_epochs": 2, "learning_rate_scheduler": "cosine_with_restarts"},
        "search_space": [
            {
                "model_name": {"type": "choice", "values": ["a", "b"]},
                "learning_rate": {"type": "loguniform", "min_value": -6, "max_value": -1},
                "optimizer": "sgd",
                "beta1": 0.5,
            }
        ],
        "sweep": {"sampling_algorithm": "random", "early_termination": {"type": "bandit", "slack_factor": 0.2}},
    }
    assert deep_fields({"modelSettings": {"optimizer": "Sgd"}}) == {"training_parameters": {"optimizer": "sgd"}}
    assert deep_fields({}) == {}
    for wrong in ("uniform(1)", "choice()", "guess(1,2)", "uniform(a,b)"):
        with pytest.raises(Invalid, match="search space"):
            space_of(wrong)


def test_labels_texts_and_words_are_read_as_the_service_takes_them(tmp_path: Path) -> None:
    for value in ("['a', 'b']", "a,b", "a, b", ["a", "b"], "[a, b]"):
        assert label_list(value) == ["a", "b"]
    table = pd.DataFrame({"title": ["x", None], "body": ["one", "two"], "y": ["a", "b"]})
    assert texts(table, "y", several=False).inputs == ["x. one", ". two"]
    with pytest.raises(JobRefused, match="no column 'z'"):
        texts(table, "z", several=False)
    (tmp_path / "MLTable").write_text("paths: []")
    (tmp_path / "a.txt").write_text("-DOCSTART- O\n\nAnna B-PER\nsleeps O\n\n\nRome B-LOC\n")
    found = words(tmp_path)
    assert (found.inputs, found.labels) == ([["Anna", "sleeps"], ["Rome"]], [["B-PER", "O"], ["B-LOC"]])
    assert classes_of(found.labels) == ("B-LOC", "B-PER", "O")


def test_images_are_found_wherever_their_addresses_lead(tmp_path: Path) -> None:
    stores = tmp_path / "stores"
    (stores / "mine" / "in").mkdir(parents=True)
    (stores / "mine" / "in" / "a b.png").touch()
    long = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/mine/paths/in/a b.png"
    for url in (
        long,
        "azureml://datastores/mine/paths/in/a b.png",
        f"file://{stores}/mine/in/a%20b.png",
        "stores/mine/in/a b.png",
    ):
        assert image_place(url, tmp_path, stores).is_file(), url
    with pytest.raises(JobRefused, match="elsewhere"):
        image_place("https://example.com/a.png", tmp_path, stores)
    with pytest.raises(JobRefused, match="1 of 1 images are not there"):
        images(pd.DataFrame({"image_url": ["b.png"], "label": ["x"]}), "label", tmp_path, stores)


def test_examples_are_split_with_some_on_each_side() -> None:
    for count in (2, 3, 10):
        learnt, checked = split(Examples(list(range(count)), list(range(count))), 0.2, seed=1)
        assert sorted([*learnt.inputs, *checked.inputs]) == list(range(count))
        assert learnt.inputs
        assert checked.inputs
    with pytest.raises(JobRefused, match="at least 2"):
        split(Examples([1], [1]), 0.2, seed=1)


def test_metrics_of_labels_entities_and_objects() -> None:
    found = label_scores(np.array([[1, 0], [1, 1]]), np.array([[0.9, 0.8], [0.9, 0.9]]))
    assert (found["accuracy"], found["iou"], found["recall_score_micro"]) == (0.5, 0.75, 1.0)
    tags = ["B-PER", "I-PER", "O", "B-LOC"]
    assert entities(tags) == {(0, 2, "PER"), (3, 4, "LOC")}
    assert entities(["I-PER", "B-PER", "I-LOC"]) == {(0, 1, "PER"), (1, 2, "PER"), (2, 3, "LOC")}
    scores = entity_scores([tags], [["B-PER", "I-PER", "O", "O"]])
    assert (scores["accuracy"], scores["precision_score_micro"], scores["recall_score_micro"]) == (0.75, 1.0, 0.5)
    truth = [{"boxes": [[0, 0, 10, 10], [20, 20, 30, 30]], "labels": [1, 1]}]
    right, wrong = [0, 0, 10, 9], [50, 50, 60, 60]
    assert box_scores(truth, [{"boxes": [right, wrong], "labels": [1, 1], "scores": [0.9, 0.8]}], 2) == {
        "mean_average_precision": 0.5,
        "recall": 0.5,
    }
    twice = [{"boxes": [right, right], "labels": [1, 1], "scores": [0.9, 0.8]}]
    assert box_scores(truth, twice, 1)["mean_average_precision"] == 0.5, "an object is found once"
    nothing = [{"boxes": np.zeros((0, 4)), "labels": [], "scores": []}]
    assert box_scores(truth, nothing, 1) == {"mean_average_precision": 0.0, "recall": 0.0}


def _run(folder: Path, body: Mapping[str, Any], table: Path) -> tuple[Path, dict[str, Any], list[str]]:
    job = folder / "jobs" / "j"
    job.mkdir(parents=True)
    said: list[str] = []
    run_deep(
        Place(job, body, {"training_data": str(table), "test_data": str(table)}, job / "outputs" / "best_model"),
        said.append,
    )
    return job / "outputs" / "best_model", json.loads((job / "metrics.json").read_text()), said


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_texts_are_learnt_and_the_model_answers(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    mlflow = pytest.importorskip("mlflow")
    lines = [
        f"the film was {word},{label}"
        for label, kind in (("good", "great fine"), ("bad", "awful poor"))
        for word in kind.split()
    ]
    (tmp_path / "a.csv").write_text("\n".join(["text,y", *lines * 8]))
    body = {**TEXT, "training_parameters": {"number_of_epochs": 6}}
    folder, figures, said = _run(tmp_path, body, tmp_path / "a.csv")
    assert (figures["trials"], figures["best_algorithm"]) == (1, "bert-base-cased")
    assert figures["test_scores"]["accuracy"] == 1.0
    assert any("from scratch" in line for line in said)
    model = mlflow.pyfunc.load_model(str(folder))
    assert model.predict(pd.DataFrame({"text": ["the film was great", "the film was awful"]})) == ["good", "bad"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_images_are_learnt_and_the_model_answers(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("torchvision")
    mlflow = pytest.importorskip("mlflow")
    from PIL import Image

    rows = []
    for number in range(12):
        color, label = (((250, 0, 0), "red"), ((0, 0, 250), "blue"))[number % 2]
        Image.new("RGB", (40, 40), color).save(tmp_path / f"{number}.png")
        rows.append(json.dumps({"image_url": f"{number}.png", "label": label}))
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    steps = "[{read_json_lines: {encoding: utf8}}, {convert_column_types: [{columns: image_url, column_type: stream_info}]}]"
    (tmp_path / "MLTable").write_text(f"paths: [{{file: ./a.jsonl}}]\ntransformations: {steps}\n")
    body = {
        "task": "image_classification",
        "target_column_name": "label",
        "training_parameters": {"number_of_epochs": 4, "training_crop_size": 32},
    }
    folder, figures, _ = _run(tmp_path, body, tmp_path)
    assert figures["best_algorithm"] == "resnet18"
    sent = base64.b64encode((tmp_path / "0.png").read_bytes()).decode()
    (answer,) = mlflow.pyfunc.load_model(str(folder)).predict(pd.DataFrame({"image": [sent]}))
    assert answer["labels"] == ["blue", "red"]
    assert sum(answer["probs"]) == pytest.approx(1)
