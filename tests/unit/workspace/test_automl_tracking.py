"""What reaches the tracking server, seen by a client that only remembers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import pytest

from orchestrator.workspace.automl.learners import choose
from orchestrator.workspace.automl.problem import Candidate, TrialOutcome
from orchestrator.workspace.automl.settings import Algorithms
from orchestrator.workspace.automl.tracking import TrialTracking

ENVIRON = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:1", "MLFLOW_RUN_ID": "parent"}


class Client:
    """Stands for MlflowClient."""

    def __init__(self) -> None:
        self.runs: list[dict[str, str]] = []
        self.batches: list[tuple[str, dict[str, float], dict[str, str]]] = []
        self.ended: list[tuple[str, str]] = []
        self.logged: list[tuple[str, str, str]] = []
        self.tags: list[tuple[str, str, str]] = []

    def log_artifact(self, run: str, path: str, folder: str) -> None:
        self.logged.append((run, Path(path).name, folder))

    log_artifacts = log_artifact

    def set_tag(self, run: str, name: str, value: str) -> None:
        self.tags.append((run, name, value))

    def get_run(self, run: str) -> Any:
        return SimpleNamespace(info=SimpleNamespace(experiment_id="7"))

    def create_run(self, experiment: str, start_time: int, tags: dict[str, str]) -> Any:
        assert experiment == "7"
        self.runs.append(tags)
        return SimpleNamespace(info=SimpleNamespace(run_id=f"child{len(self.runs)}"))

    def log_batch(self, run: str, metrics: list[Any], params: list[Any], tags: list[Any]) -> None:
        self.batches.append((run, {m.key: m.value for m in metrics}, {p.key: p.value for p in params}))

    def set_terminated(self, run: str, status: str, end_time: int) -> None:
        self.ended.append((run, status))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setattr(mlflow, "MlflowClient", lambda _: made)
    return made


def outcome(number: int, scores: dict[str, float], failure: str = "") -> TrialOutcome:
    learner = choose("classification", Algorithms(allowed=("SVM",)), 100, weighted=False)[0]
    return TrialOutcome(Candidate(number, learner, {"C": 2.0}, "search"), scores, (), 0.5, failure)


def test_a_trial_is_a_child_run_and_the_parent_gets_the_best(client: Client) -> None:
    lines: list[str] = []
    with TrialTracking(lines.append, ENVIRON) as tracking:
        tracking.trial(outcome(1, {"accuracy": 0.8, "AUC_weighted": float("nan")}))
        tracking.trial(outcome(2, {}, failure="did not converge"))
        tracking.parent({"accuracy": 0.8}, {"best_trial": "1"})
        tracking.drain(timeout_s=30)
        assert tracking.children == {1: "child1", 2: "child2"}
    assert [run["mlflow.parentRunId"] for run in client.runs] == ["parent", "parent"]
    assert client.runs[0]["mlflow.runName"] == "trial-1-SVM"
    assert client.runs[1]["failure"] == "did not converge"
    assert client.batches[0] == ("child1", {"accuracy": 0.8, "duration_s": 0.5}, {"algorithm": "SVM", "C": "2.0"})
    assert client.batches[-1] == ("parent", {"accuracy": 0.8}, {})
    assert client.ended == [("child1", "FINISHED"), ("child2", "FAILED")]
    assert lines == []


def test_the_best_model_is_the_best_childs_as_in_the_service(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("best_model").mkdir()
    for name in ("model.pkl", "conda_env_v_1_0_0.yml", "scoring_file_v_1_0_0.py"):
        (Path("best_model") / name).touch()
    with TrialTracking(lambda _: None, ENVIRON) as tracking:
        tracking.trial(outcome(1, {"accuracy": 0.8}))
        tracking.trial(outcome(2, {"accuracy": 0.9}))
        tracking.best(2, Path("best_model"))
        tracking.best(3, Path("best_model"))  # its run was never made
    assert client.tags == [("parent", "automl_best_child_run_id", "child2")]
    assert client.logged == [
        ("child2", "best_model", "outputs/mlflow-model"),
        ("child2", "model.pkl", "outputs"),
        ("child2", "conda_env_v_1_0_0.yml", "outputs"),
        ("child2", "scoring_file_v_1_0_0.py", "outputs"),
    ]


def test_a_server_that_fails_is_said_once_and_training_goes_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(client, "get_run", refuse)
    lines: list[str] = []
    with TrialTracking(lines.append, ENVIRON) as tracking:
        tracking.trial(outcome(1, {"accuracy": 0.8}))
    assert lines == ["Tracking has stopped; training continues: refused"]


def test_without_a_server_nothing_is_tracked(client: Client) -> None:
    with TrialTracking(lambda _: None, {}) as tracking:
        tracking.trial(outcome(1, {"accuracy": 0.8}))
    assert client.runs == []
