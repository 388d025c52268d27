"""The tracking server as its callers see it: who may ask, what a job's run is called, where files may go."""

from __future__ import annotations

import base64
import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Failed
from orchestrator.workspace.jobs.tracked import run_id_of, start_tracking
from orchestrator.workspace.processes.process import terminate
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.tracking.server import TrackingAccess, read_address
from orchestrator.workspace.tracking.tracker.status_words import in_mlflows_words
from tests.unit.workspace.tracker_place import Place

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("tracker") / "workspace")
    yield place
    place.server.stop()
    place.store.close()


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "path",
    ["/", "/api/2.0/mlflow/experiments/search?max_results=1", "/graphql", "/get-artifact", "/amlctl/runs", "/health"],
)
@pytest.mark.parametrize("authorization", ["", "Bearer x", _basic("amlctl", "x"), "Basic ?", "Bearer é", "Bearer "])
def test_nobody_gets_in_without_the_token(place: Place, path: str, authorization: str) -> None:
    assert place.ask(path, authorization=authorization)[0] == 401


def test_a_browser_gets_in_with_the_token_as_password_and_finds_the_pages(place: Place) -> None:
    status, page = place.ask("/", authorization=_basic("amlctl", place.access.token))
    assert status == 200
    assert b'<div id="root"' in page
    script = page.split(b'src="', 1)[1].split(b'"', 1)[0].decode()
    assert place.ask("/" + script.lstrip("./"))[0] == 200


def test_files_of_the_server_are_the_owners_alone(place: Place) -> None:
    place.job("private")
    found = [place.paths.tracking, *place.paths.tracking.rglob("*")]
    assert [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    assert place.access.token not in repr(place.access)


def test_a_jobs_run_has_its_name_tags_display_name_and_experiment(place: Place) -> None:
    place.job("train-1", tags={"x": "1"}, display_name="Training", description="why", experiment_name="taxi")

    run = place.run("train-1")
    assert run["run_name"] == "Training"
    assert run["tags"]["x"] == "1"
    assert run["tags"]["mlflow.note.content"] == "why"
    _, text = place.ask(f"/api/2.0/mlflow/experiments/get?experiment_id={run['experiment_id']}")
    assert json.loads(text)["experiment"]["name"] == "taxi"

    sent = {"experiment_ids": [run["experiment_id"]], "filter": "tags.x = '1'"}
    _, text = place.ask("/api/2.0/mlflow/runs/search", sent)
    assert [found["info"]["run_id"] for found in json.loads(text)["runs"]] == ["train-1"]
    for status, runs in (("Running", ["train-1"]), ("running", ["train-1"]), ("Completed", [])):
        _, text = place.ask("/api/2.0/mlflow/runs/search", {**sent, "filter": f"attributes.status = '{status}'"})
        assert [found["info"]["run_id"] for found in json.loads(text).get("runs", [])] == runs, status


def test_the_services_words_for_how_a_run_is() -> None:
    for search, same in (
        ("attributes.status = 'Failed'", "attributes.status = 'FAILED'"),
        ('status != "Completed" and metrics.a > 1', 'status != "FINISHED" and metrics.a > 1'),
        ("attribute.status='canceled' AND tags.x = 'status = '", "attribute.status='KILLED' AND tags.x = 'status = '"),
        ("tags.status = 'Failed'", "tags.status = 'Failed'"),
        ("params.`my status` = 'Failed'", "params.`my status` = 'Failed'"),
        ("tags.said = \"status = 'Failed'\"", "tags.said = \"status = 'Failed'\""),
        ("status = 'odd'", "status = 'odd'"),
    ):
        assert in_mlflows_words(search) == same


def test_labels_that_change_later_reach_the_run_and_others_stay(place: Place) -> None:
    record = place.job("relabelled", tags={"a": "1", "b": "2"}, display_name="Before")
    place.run("relabelled")
    place.ask("/api/2.0/mlflow/runs/set-tag", {"run_id": "relabelled", "key": "own", "value": "mine"})

    place.store.update_body(
        Record(**{**_fields(record), "body": {"tags": {"b": "3", "c": True}, "display_name": "After"}}), same_work=True
    )

    run = place.run("relabelled")
    tags = {name: value for name, value in run["tags"].items() if not name.startswith("mlflow.")}
    assert tags == {"b": "3", "c": "True", "own": "mine"}, "and no mark of ours"
    assert run["run_name"] == "After"


def _fields(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__dataclass_fields__}


def test_a_second_attempt_has_the_same_name_and_nothing_of_the_first(place: Place) -> None:
    record = place.job("again", tags={"x": "1"})
    assert place.run("again")["tags"]["x"] == "1"
    place.ask("/api/2.0/mlflow/runs/log-parameter", {"run_id": "again", "key": "depth", "value": "1"})
    start_tracking(place.server, place.store, record, "Default")
    status, _ = place.ask("/api/2.0/mlflow/runs/log-parameter", {"run_id": "again", "key": "depth", "value": "2"})
    assert status == 200, "a parameter of MLflow cannot change, and this one is the first"
    assert place.run("again")["tags"]["x"] == "1"


@pytest.mark.parametrize("name", ["a", "Train_1", "_x", "a.b", "-a", "a@b", "x" * 255])
def test_every_name_of_a_job_has_a_run(place: Place, name: str) -> None:
    place.job(name)
    assert place.run(run_id_of(name))["run_name"] == name


@pytest.mark.parametrize(
    "location", ["/elsewhere", "file:///elsewhere", "../..", "s3://bucket/x", "file://host/x", "artifacts/../../.."]
)
def test_files_of_runs_stay_in_the_workspace(place: Place, location: str) -> None:
    sent = {"name": f"at {location}", "artifact_location": location}
    status, text = place.ask("/api/2.0/mlflow/experiments/create", sent)
    assert status == 400, text
    inside = (place.paths.tracking / "artifacts" / "own").as_uri()
    sent = {"name": f"inside, not {location}", "artifact_location": inside}
    assert place.ask("/api/2.0/mlflow/experiments/create", sent)[0] == 200


def test_a_page_for_each_job_from_its_first_moment(place: Place) -> None:
    assert place.ask("/jobs/nowhere")[0] == 404
    place.store.insert(Record("jobs", "jobs.waiting", "waiting"))
    assert b"has not begun" in place.ask("/jobs/waiting")[1]
    place.job("begun")
    status, page = place.ask("/jobs/begun")
    assert status == 200
    assert b'<div id="root"' in page


def test_a_deleted_experiment_comes_back_for_a_new_job(place: Place) -> None:
    place.job("first", experiment_name="gone")
    place.ask("/api/2.0/mlflow/experiments/delete", {"experiment_id": place.run("first")["experiment_id"]})
    place.job("second", experiment_name="gone")
    assert place.run("second")["lifecycle_stage"] == "active"


def test_a_server_that_dies_while_a_job_is_prepared_is_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, deaths = place.server.access, []

    def dying() -> TrackingAccess:
        found = access()
        if not deaths:
            living = read_address(place.paths)
            assert living is not None
            deaths.append(terminate(living[0], 0))
        return found

    monkeypatch.setattr(place.server, "access", dying)
    place.job("survivor")
    monkeypatch.undo()
    assert deaths
    assert place.run("survivor")["run_id"] == "survivor"


def test_address_and_token_stay_over_restarts(place: Place) -> None:
    before = place.access
    place.server.stop()
    assert place.access == before


def test_a_workspace_that_was_copied_and_moved_has_its_files_where_it_is_now(place: Place, tmp_path: Path) -> None:
    place.job("moves")
    _, text = place.ask("/api/2.0/mlflow/experiments/create", {"name": "of its own"})
    place.server.stop()
    shutil.copytree(place.paths.root, tmp_path / "copy")
    (tmp_path / "a ü b").mkdir()
    after = Place(Path(shutil.move(tmp_path / "copy", tmp_path / "a ü b" / "moved")))
    try:
        assert after.run("moves")["artifact_uri"].startswith((after.paths.tracking / "artifacts").as_uri())
        experiment = json.loads(text)["experiment_id"]
        _, shown = after.ask(f"/api/2.0/mlflow/experiments/get?experiment_id={experiment}")
        location = json.loads(shown)["experiment"]["artifact_location"]
        assert location == (after.paths.tracking / "artifacts" / experiment).as_uri()
    finally:
        after.server.stop()
        after.store.close()


@pytest.mark.filterwarnings("ignore")  # what MLflow says about environments and integer columns
def test_models_of_a_workspace_that_was_copied_and_moved_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The logged and the registered one, in the copy, while nothing of the original is there any more."""
    import mlflow
    from sklearn.dummy import DummyRegressor

    def ask(of: Place) -> None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", of.access.uri)
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", of.access.token)

    first = Place(tmp_path / "first")
    try:
        first.job("trains")
        ask(first)
        with mlflow.start_run(run_id="trains"):
            mlflow.sklearn.log_model(DummyRegressor().fit([[0], [1]], [4, 6]), "model", pip_requirements=[])
        mlflow.register_model("runs:/trains/model", "net")
    finally:
        first.server.stop()
        first.store.close()
    after = Place(Path(shutil.move(shutil.copytree(first.paths.root, tmp_path / "copy"), tmp_path / "a ü b")))
    shutil.rmtree(first.paths.root)
    try:
        ask(after)
        for address in ("runs:/trains/model", "models:/net/1", "models:/net/latest"):
            assert list(mlflow.pyfunc.load_model(address).predict([[7]])) == [5], address
    finally:
        after.server.stop()
        after.store.close()


def test_what_is_wrong_with_the_database_is_said_to_whoever_asks(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.paths.tracking.mkdir()
    (place.paths.tracking / "mlflow.db").write_bytes(b"no database at all " * 50)
    try:
        with pytest.raises(Failed, match=r"is damaged.*Move it away"):
            place.job("unlucky")
        (place.paths.tracking / "mlflow.db").unlink()
        assert place.ask("/api/2.0/mlflow/experiments/search?max_results=1")[0] == 200, "the next request tries again"
    finally:
        place.server.stop()
