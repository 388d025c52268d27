"""MLflow beside Azure's client: the same runs and models, seen from both."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.core.ports import SystemClock
from orchestrator.core.resource import Observed
from orchestrator.kinds import discover
from orchestrator.workspace.arm.service import ArmService
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.tracked import start_tracking
from orchestrator.workspace.records.record import PARAMETERS, PARENT, STEP, Record
from orchestrator.workspace.tracking.run_files import OWN_FOLDERS, show_in_mlflow
from orchestrator.workspace.tracking.server import TrackingServer
from tests.contract import served

JOB = "train-1"
MODEL = "flavors: {sklearn: {pickled_model: model.pkl, code: null}, python_function: {env: {conda: conda.yaml}, loader_module: x}}"
FILES = (
    "outputs/deep/x.txt",
    "user_logs/std_log.txt",
    "system_logs/runner.log",
    "code/train.py",
    "run.json",
    "inputs/a/b",
)
OWN = {name for name in FILES if name.split("/")[0] in OWN_FOLDERS}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArmService]:
    """One for all tests here: MLflow takes seconds to load."""
    with served.serving(tmp_path_factory.mktemp("mlflow")) as service:
        yield service


@pytest.fixture
def environment(service: ArmService, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    found = service.client_environment()
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN"):
        monkeypatch.setenv(name, found[name])
    return found


@pytest.fixture
def mlflow(service: ArmService, environment: Mapping[str, str]) -> Any:
    """A client of MLflow, and a job that has ended and had logged a model."""
    client = pytest.importorskip("mlflow").MlflowClient(environment["MLFLOW_TRACKING_URI"])
    if service.records.find("jobs", JOB) is not None:
        return client
    paths = _paths(service)
    body = {"type": "command", "command": "true", "tags": {"x": "1"}, "display_name": "Training"}
    record = Record("jobs", f"jobs.{JOB}", JOB, body=body, variant="command", health=Health.HEALTHY, phase="completed")
    start_tracking(TrackingServer(paths), service.records, service.records.insert(record), "taxi")
    for name in FILES:
        (paths.job(JOB) / name).parent.mkdir(parents=True, exist_ok=True)
        (paths.job(JOB) / name).write_text(name)
    show_in_mlflow(paths, service.records.find("jobs", JOB))
    show_in_mlflow(paths, service.records.find("jobs", JOB))
    client.log_text(JOB, MODEL, "model/MLmodel")
    return client


def test_children_that_were_only_logged_are_listed(
    mlflow: Any, service: ArmService, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trials of AutoML, and nested runs of a program, as the service lists them."""
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    served.become_client(service, monkeypatch)
    experiment = mlflow.get_run(JOB).info.experiment_id
    made = mlflow.create_run(experiment, run_name="trial 1", tags={"mlflow.parentRunId": JOB, "learner": "SVM"})
    try:
        mlflow.set_terminated(made.info.run_id, status="FINISHED")
        client = MLClient(DefaultAzureCredential(), "00000000-0000-0000-0000-000000000000", "local", "local")
        (child,) = client.jobs.list(parent_job_name=JOB)
        assert (child.name, child.display_name, child.status) == (made.info.run_id, "trial 1", "Completed")
        assert child.tags == {"learner": "SVM"}
    finally:
        mlflow.delete_run(made.info.run_id)


def test_a_backend_for_azure_reads_what_runs_and_their_children_logged(
    mlflow: Any, service: ArmService, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served.become_client(service, monkeypatch)
    step = {"name": "fit", "digest": "d", "reused_from": "older"}
    told = {PARENT: JOB, STEP: step, PARAMETERS: {"lr": 0.5}}
    service.records.insert(
        Record("jobs", "jobs.fit", "fit-1", attributes=told, body={"display_name": "fit"}, variant="command")
    )
    for number, value in enumerate((0.5, 0.75)):
        mlflow.log_metric(JOB, "AUC", value, step=number)
    mlflow.log_param(JOB, "epochs", 3)
    backend = AzureBackend(served.served_choice(), discover(), SystemClock())
    run = Observed(Address("jobs", "train"), JOB, properties={})
    try:
        figures = backend.tracked.figures(run)
        assert figures is not None
        assert [(point.step, point.value) for point in figures.metrics["AUC"]] == [(0, 0.5), (1, 0.75)]
        assert figures.parameters == {"epochs": "3"}
        (child,) = backend.tracked.children(run)
        assert (child.step, child.job, child.reused_from, child.status) == ("fit", "fit-1", "older", "FINISHED")
        assert backend.tracked.figures(replace(run, revision="fit-1")) is None, "it has logged nothing"
    finally:
        backend.close()


def _paths(service: ArmService) -> WorkspacePaths:
    return service._wire_store.paths


def _registered(client: Any, name: str, path: str, kind: str = "mlflow_model") -> Any:
    from azure.ai.ml.entities import Model

    return client.models.create_or_update(Model(name=name, version="1", type=kind, path=path))


def test_the_address_is_told_from_the_first_moment(client: Any, environment: Mapping[str, str]) -> None:
    assert client.workspaces.get("local").mlflow_tracking_uri == environment["MLFLOW_TRACKING_URI"]


def test_the_run_and_the_page_of_a_job(client: Any, mlflow: Any, environment: Mapping[str, str]) -> None:
    job = client.jobs.get(JOB)
    run = mlflow.get_run(job.name)
    assert (run.info.run_name, run.data.tags["x"]) == ("Training", "1")
    headers = {"Authorization": f"Bearer {environment['MLFLOW_TRACKING_TOKEN']}"}
    with urllib.request.urlopen(urllib.request.Request(job.studio_url, headers=headers), timeout=60) as page:
        assert page.url.partition("#")[2].endswith(f"/runs/{JOB}")


def test_models_from_what_a_job_logged_and_back_to_disk(client: Any, mlflow: Any, tmp_path: Path) -> None:
    for name, path in (
        ("a", f"azureml://jobs/{JOB}/outputs/artifacts/paths/model"),
        ("b", f"azureml://jobs/{JOB}/outputs/artifacts/paths/model/"),
        ("c", f"runs:/{JOB}/model"),
    ):
        made = _registered(client, name, path)
        made.tags = {"later": "1"}
        assert client.models.create_or_update(made).tags["later"] == "1"
        client.models.download(name, "1", download_path=tmp_path)
        assert (tmp_path / name / "model" / "MLmodel").read_text() == MODEL
        assert (made.job_name, made.properties["azureml.artifactPrefix"]) == (JOB, "model"), path
        shown = client.models.get(name, version="1")
        assert shown.flavors["sklearn"] == {"pickled_model": "model.pkl", "code": "null"}
        assert shown.flavors["python_function"]["env"] == '{"conda": "conda.yaml"}'
        assert shown.properties["flavors"] == "sklearn,python_function"
        assert json.loads(shown.properties["model_json"])["flavors"]["python_function"]["loader_module"] == "x"


def test_a_jobs_files_from_both_sides(client: Any, mlflow: Any, tmp_path: Path) -> None:
    client.jobs.download(JOB, download_path=tmp_path / "job", all=True)
    fetched = tmp_path / "job" / "artifacts"
    found = {path.relative_to(fetched).as_posix() for path in fetched.rglob("*") if path.is_file()}
    assert found == {*OWN, "model/MLmodel"}

    assert {info.path for info in mlflow.list_artifacts(JOB)} == {*OWN_FOLDERS, "model"}
    assert [info.path for info in mlflow.list_artifacts(JOB, "outputs/deep")] == ["outputs/deep/x.txt"]
    for name in OWN:
        assert Path(mlflow.download_artifacts(JOB, name, str(tmp_path))).read_text() == name


def test_one_registry_from_both_sides(client: Any, mlflow: Any, tmp_path: Path) -> None:
    mlflow.create_registered_model("shared")
    mlflow.create_model_version("shared", f"runs:/{JOB}/model", JOB, tags={"from": "mlflow"})
    found = client.models.get("shared", label="latest")
    assert (found.version, found.type, found.tags) == ("1", "mlflow_model", {"from": "mlflow"})
    assert (found.job_name, found.properties["mlflow.modelSourceUri"]) == (JOB, f"runs:/{JOB}/model")
    assert set(found.flavors) == {"sklearn", "python_function"}
    client.models.download("shared", "1", download_path=tmp_path)
    assert (tmp_path / "shared" / "model" / "MLmodel").is_file()

    _registered(client, "other", f"runs:/{JOB}/model")
    assert {model.name for model in mlflow.search_registered_models()} >= {"other", "shared"}
    assert mlflow.get_model_version("other", "1").run_id == JOB


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"azureml://jobs/{JOB}/outputs/artifacts/paths/nothing/here", "no artifact 'nothing/here'"),
        ("azureml://jobs/nobody/outputs/artifacts/paths/model", "There is no run 'nobody'"),
        (f"azureml://jobs/{JOB}/outputs/artifacts/paths/outputs", "no file MLmodel"),
        (f"runs:/{JOB}/nothing", "no artifact 'nothing'"),
    ],
)
def test_what_is_not_there_is_refused_by_name(client: Any, mlflow: Any, path: str, words: str) -> None:
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError, match=words):
        _registered(client, "bad", path)
    assert "bad" not in [model.name for model in client.models.list()]


def test_a_run_that_no_job_made_is_a_job_for_clients(client: Any, mlflow: Any, tmp_path: Path) -> None:
    """A notebook logs with MLflow, and looks at its run with Azure's client."""
    run = mlflow.create_run(
        mlflow.create_experiment("notebook"), run_name="by hand", tags={"team": "heart"}
    ).info.run_id
    child = mlflow.create_run(mlflow.get_run(run).info.experiment_id, tags={"mlflow.parentRunId": run}).info.run_id
    mlflow.log_text(run, "hello", "notes/a.txt")
    assert client.jobs.get(run).status == "Running"
    client.jobs.begin_cancel(child).result()
    mlflow.set_terminated(run)
    job = client.jobs.get(run)
    assert (job.name, job.display_name, job.status, job.experiment_name) == (run, "by hand", "Completed", "notebook")
    assert job.tags == {"team": "heart"}
    client.jobs.stream(run)
    client.jobs.download(run, download_path=tmp_path, all=True)
    assert [path.read_text() for path in tmp_path.rglob("a.txt")] == ["hello"]
    assert [(one.name, one.status) for one in client.jobs.list(parent_job_name=run)] == [(child, "Canceled")]

    job.tags, job.display_name, job.description = {"seen": "1"}, "shown", "words"
    assert client.jobs.create_or_update(job).display_name == "shown"
    there = mlflow.get_run(run)
    assert (there.info.run_name, there.data.tags["mlflow.note.content"]) == ("shown", "words")
    assert (there.data.tags["team"], there.data.tags["seen"]) == ("heart", "1"), "as those of jobs: added"

    client.jobs.archive(run)
    names = {
        kind: [one.name for one in client.jobs.list(list_view_type=kind)] for kind in ("ActiveOnly", "ArchivedOnly")
    }
    assert (run in names["ActiveOnly"], names["ArchivedOnly"]) == (False, [run])
    client.jobs.restore(run)
    listed = [one.name for one in client.jobs.list()]
    assert run in listed
    assert child not in listed
