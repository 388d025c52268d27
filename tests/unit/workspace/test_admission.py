"""Nothing is made from what is not there, and a model made from what a run logged is kept as it was then."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import BackendError, Invalid, NotFound
from orchestrator.workspace.admission.writing import admit
from orchestrator.workspace.files.content import SCHEME, ContentStore
from orchestrator.workspace.files.intake import object_path
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import KEPT, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import lost, resolve

RUN = "train-1"


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(tmp_path / "ws")


@pytest.fixture
def store(paths: WorkspacePaths) -> Iterator[RecordStore]:
    """A workspace with a run that wrote outputs and logged as MLflow 2 and MLflow 3 do."""
    store = RecordStore(paths)
    folder = paths.job(RUN)
    for place in ("outputs/best", "outputs/plots", "user_logs"):
        (folder / place).mkdir(parents=True)
    (folder / "outputs/best/m.pkl").write_text("named")
    (folder / "outputs/plots/roc.png").write_text("png")
    (folder / "run.json").write_text("secrets")
    outputs = {"outputs": {"best": str(folder / "outputs/best")}, "mlflow_run_id": RUN}
    store.insert(Record("jobs", "jobs.train", RUN, attributes=outputs))
    store.insert(Record("jobs", "jobs.train", "train-2", attributes={"outputs": {}}))
    _mlflow(paths)
    yield store
    store.close()


def _mlflow(paths: WorkspacePaths) -> None:
    paths.tracking.mkdir()
    connection = sqlite3.connect(paths.tracking / "mlflow.db")
    connection.execute("CREATE TABLE runs (run_uuid TEXT, artifact_uri TEXT, lifecycle_stage TEXT)")
    connection.execute(
        "CREATE TABLE logged_models (model_id TEXT, name TEXT, artifact_location TEXT, source_run_id TEXT,"
        " lifecycle_stage TEXT, status INTEGER, creation_timestamp_ms INTEGER)"
    )
    root = paths.tracking / "artifacts" / "1"
    for run in (RUN, "free"):
        connection.execute("INSERT INTO runs VALUES (?, ?, 'active')", (run, (root / run / "artifacts").as_uri()))
        _model(root / run / "artifacts" / "old_model", f"{run} old")
    (root / RUN / "artifacts" / "notes.txt").write_text("notes")
    models = [("m-1", "model", 1, 2, "active"), ("m-2", "model", 2, 2, "active"), ("m-3", "model", 3, 1, "active")]
    models += [("m-4", "model", 4, 2, "deleted"), ("m-5", "deep/er", 5, 2, "active")]
    for model_id, name, when, status, stage in models:
        place = root / "models" / model_id / "artifacts"
        _model(place, model_id)
        row = (model_id, name, place.as_uri(), RUN, stage, status, when)
        connection.execute("INSERT INTO logged_models VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()


def _model(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text(text)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (f"azureml://jobs/{RUN}/outputs/artifacts/paths/model/MLmodel", "m-2"),
        (f"azureml://jobs/{RUN}/outputs/artifacts/model/MLmodel", "m-2"),
        (f"azureml://jobs/{RUN}/outputs/artifacts/paths/deep/er/MLmodel", "m-5"),
        (f"azureml://jobs/{RUN}/outputs/artifacts/paths/old_model/MLmodel", f"{RUN} old"),
        (f"azureml://jobs/{RUN}/outputs/artifacts/paths/outputs/best/m.pkl", "named"),
        (f"azureml://jobs/{RUN}/outputs/best/paths/m.pkl", "named"),
        (f"runs:/{RUN}/model/MLmodel", "m-2"),
        (f"runs:/{RUN}/notes.txt", "notes"),
        ("runs:/free/old_model/MLmodel", "free old"),
    ],
)
def test_what_a_run_logged_is_found_however_it_was_logged(
    store: RecordStore, paths: WorkspacePaths, text: str, content: str
) -> None:
    assert resolve(store, paths, {}, text).read_text() == content


def test_a_logged_model_by_its_id(store: RecordStore, paths: WorkspacePaths) -> None:
    assert (resolve(store, paths, {}, "models:/m-1") / "MLmodel").read_text() == "m-1"


def test_a_workspace_that_was_moved_still_has_it(store: RecordStore, paths: WorkspacePaths, tmp_path: Path) -> None:
    store.close()
    moved = WorkspacePaths(paths.root.rename(tmp_path / "elsewhere"))
    again = RecordStore(moved)
    assert resolve(again, moved, {}, f"runs:/{RUN}/model/MLmodel").read_text() == "m-2"
    again.close()


MISSING = [
    (f"azureml://jobs/{RUN}/outputs/artifacts/paths/nothing/here", "no artifact 'nothing/here'"),
    (f"azureml://jobs/{RUN}/outputs/artifacts/paths/run.json", "no artifact 'run.json'"),
    (f"azureml://jobs/{RUN}/outputs/artifacts/paths/modell", "no artifact 'modell'"),
    (f"azureml://jobs/{RUN}/outputs/best/paths/nothing", "There is no output 'best/nothing'"),
    (f"azureml://jobs/{RUN}/outputs/bset", "no output 'bset'"),
    ("azureml://jobs/train-3/outputs/best", "There is no run 'train-3'"),
    ("azureml://jobs/train-3/outputs/artifacts/paths/model", "There is no run 'train-3'"),
    ("runs:/train-3/model", "There is no run 'train-3'"),
    (f"runs:/{RUN}/nothing", "no artifact 'nothing'"),
    ("azureml://jobs/train-2/outputs/artifacts/paths/model", "It has: none"),
    ("models:/nobody/1", "'models:/nobody/1' is not in the workspace"),
]


@pytest.mark.parametrize(("text", "words"), MISSING)
@pytest.mark.parametrize(
    ("kind", "around"),
    [
        ("models", lambda text: {"type": "custom_model", "path": text}),
        ("data", lambda text: {"type": "uri_folder", "path": text}),
        ("jobs", lambda text: {"command": "ls", "inputs": {"x": {"type": "uri_folder", "path": text}}}),
        ("jobs", lambda text: {"type": "automl", "training_data": {"type": "mltable", "path": text}}),
        ("online_endpoints.deployments", lambda text: {"model": {"path": text}}),
    ],
)
def test_nothing_is_made_from_what_is_not_there(
    store: RecordStore, paths: WorkspacePaths, kind: str, around: Any, text: str, words: str
) -> None:
    with pytest.raises(BackendError, match=words):
        admit(store, paths, kind, around(text), {})


def test_the_nearest_name_is_offered(store: RecordStore, paths: WorkspacePaths) -> None:
    for text, near in ((f"runs:/{RUN}/modell", "model"), ("azureml://jobs/train-11/outputs/best", RUN)):
        with pytest.raises(NotFound) as caught:
            resolve(store, paths, {}, text)
        assert f"Did you mean '{near}'?" in caught.value.fix


def test_texts_for_people_and_mapped_addresses_are_not_looked_up(
    store: RecordStore, paths: WorkspacePaths, tmp_path: Path
) -> None:
    gone = "azureml://jobs/gone/outputs/best"
    admit(store, paths, "data", {"path": "azureml://datastores/x/paths/later", "tags": {"from": gone}}, {})
    admit(store, paths, "data", {"path": gone}, {gone: str(tmp_path)})


@pytest.mark.parametrize("path", [f"runs:/{RUN}/outputs/plots", f"azureml://jobs/{RUN}/outputs/best"])
def test_an_mlflow_model_has_the_file_that_says_so(store: RecordStore, paths: WorkspacePaths, path: str) -> None:
    with pytest.raises(Invalid, match="has no file MLmodel"):
        admit(store, paths, "models", {"type": "mlflow_model", "path": path}, {})
    assert admit(store, paths, "models", {"type": "custom_model", "path": path}, {})


def test_a_folder_above_the_model_is_told_where_it_is(store: RecordStore, paths: WorkspacePaths) -> None:
    _model(paths.job(RUN) / "outputs" / "best" / "mine", "x")
    with pytest.raises(Invalid) as caught:
        admit(store, paths, "models", {"type": "mlflow_model", "path": f"azureml://jobs/{RUN}/outputs/best"}, {})
    assert "'mine'" in caught.value.fix


def test_a_model_stays_what_it_was_when_the_run_logs_again_or_goes(store: RecordStore, paths: WorkspacePaths) -> None:
    body = {"type": "mlflow_model", "path": f"runs:/{RUN}/old_model"}
    kept = admit(store, paths, "models", body, {})
    store.insert(Record("models", "models.m", "1", body=body, attributes=kept))
    logged = resolve(store, paths, {}, f"runs:/{RUN}/old_model/MLmodel")
    logged.write_text("overwritten")
    same = admit(store, paths, "models", {**body, "path": "runs:/free/old_model"}, {})

    found = resolve(store, paths, {}, "azureml:m:1", ("models",))

    assert (found / "MLmodel").read_text() == f"{RUN} old"
    assert found.is_relative_to(paths.content)
    assert same[KEPT] != kept[KEPT]


@pytest.fixture
def loss(store: RecordStore, paths: WorkspacePaths) -> Callable[[str], Iterator[Record]]:
    """A model for each file of its copy: made from a run, kept, and that file of the content store gone."""

    def losses(path: str) -> Iterator[Record]:
        body = {"path": path}
        attributes = admit(store, paths, "models", body, {})
        digest = attributes[KEPT].removeprefix(SCHEME)
        parts = [digest, *ContentStore(paths).parts(digest)]
        for number, part in enumerate(dict.fromkeys(parts), 1):
            object_path(paths.content, part).unlink(missing_ok=True)
            yield store.insert(Record("models", "models.m", str(number), body=body, attributes=attributes))

    return losses


SOURCES = [
    f"azureml://jobs/{RUN}/outputs/best",
    f"azureml://jobs/{RUN}/outputs/artifacts/paths/model",
    f"runs:/{RUN}/deep/er",
]


@pytest.mark.parametrize("path", SOURCES)
def test_a_lost_copy_of_what_a_run_has_made_is_taken_again(
    store: RecordStore, paths: WorkspacePaths, loss: Callable[[str], Iterator[Record]], path: str
) -> None:
    seen = 0
    for record in loss(path):
        assert not lost(store, paths, record), "whoever needs it takes it again: nothing is to be made anew"
        found = resolve(store, paths, {}, f"azureml:m:{record.revision}")
        assert next(file for file in sorted(found.rglob("*")) if file.is_file()).read_text()
        assert not store.get(*record.key).lost  # type: ignore[union-attr]
        seen += 1
    assert seen == 2


@pytest.mark.parametrize("path", SOURCES)
@pytest.mark.parametrize("gone", [True, False], ids=["gone", "changed"])
def test_a_copy_that_nobody_can_take_again_is_lost(
    store: RecordStore, paths: WorkspacePaths, loss: Callable[[str], Iterator[Record]], path: str, gone: bool
) -> None:
    record = next(iter(loss(path)))
    with contextlib.suppress(NotFound):
        while True:  # a run may have logged several models of one name
            place = resolve(store, paths, {}, path)
            if not gone:
                next(file for file in place.rglob("*") if file.is_file()).write_text("another model")
                break
            shutil.rmtree(place)
    assert lost(store, paths, record) == gone, "that it changed is seen by whoever reads it"
    with pytest.raises(NotFound, match="not in the workspace"):
        resolve(store, paths, {}, "azureml:m:1")
    assert lost(store, paths, store.get(*record.key))  # type: ignore[arg-type]
