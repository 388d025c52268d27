"""One registry: what MLflow's own client writes are records of the workspace, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace.files.keeping import keep
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.references.assets import resolve
from tests.unit.workspace.tracker_place import Place

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("registry") / "workspace")
    yield place
    place.server.stop()
    place.store.close()


@pytest.fixture
def client(place: Place, monkeypatch: pytest.MonkeyPatch) -> Any:
    mlflow = pytest.importorskip("mlflow")
    for name, value in place.access.environment().items():
        monkeypatch.setenv(name, value)
    return mlflow.MlflowClient(place.access.uri)


def _logged(place: Place, client: Any, job: str, text: str = "flavors: {}") -> str:
    """A job whose run has logged a model as MLflow 2 does."""
    place.job(job)
    client.log_text(job, text, "model/MLmodel")
    return f"runs:/{job}/model"


def _logged_anew(place: Place, client: Any, job: str) -> Any:
    """A job whose run has logged a model as MLflow 3 does."""
    place.job(job)
    model = client.create_logged_model(client.get_run(job).info.experiment_id, "model", job)
    folder = Path(model.artifact_location.removeprefix("file://"))
    folder.mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}")
    return client.finalize_logged_model(model.model_id, "READY")


def _found(place: Place, text: str) -> Path:
    return resolve(place.store, place.paths, {}, text, ("models",))


def test_a_version_that_mlflow_registers_is_a_model_of_the_workspace(place: Place, client: Any) -> None:
    source = _logged(place, client, "from-2")
    client.create_registered_model("two")
    made = client.create_model_version("two", source, "from-2", tags={"stage": "x"}, description="first")

    record = place.store.get("models", "models.two", str(made.version))
    assert record is not None
    assert record.body["type"] == record.variant == "mlflow_model"
    assert record.body["tags"] == {"stage": "x"}
    assert record.body["description"] == "first"
    assert (_found(place, "azureml:two@latest") / "MLmodel").read_text() == "flavors: {}"
    client.log_text("from-2", "changed", "model/MLmodel")
    assert (_found(place, "azureml:two:1") / "MLmodel").read_text() == "flavors: {}", "a version never changes"


def test_a_model_of_mlflow_3_is_registered_by_its_id(place: Place, client: Any) -> None:
    model = _logged_anew(place, client, "from-3")
    client.create_registered_model("three")
    made = client.create_model_version("three", f"models:/{model.model_id}", model_id=model.model_id)
    assert made.run_id == "from-3"
    assert (_found(place, "azureml:three:1") / "MLmodel").is_file()
    assert (_found(place, "runs:/from-3/model") / "MLmodel").is_file()


def test_a_model_that_others_made_is_in_mlflows_registry(place: Place, client: Any, tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("ours")
    path = keep(place.paths, tmp_path)
    for version in ("1", "2", "10"):
        body = {"type": "mlflow_model", "path": path, "tags": {"n": int(version), "b": True}, "description": "d"}
        place.store.insert(Record("models", "models.ours", version, owner="project", body=body))

    assert [str(v.version) for v in client.search_model_versions("name = 'ours'")] == ["10", "2", "1"]
    found = client.get_model_version("ours", "2")
    assert (found.tags, found.description, found.user_id) == ({"n": "2", "b": "True"}, "d", "project")
    uri = client.get_model_version_download_uri("ours", "10")
    assert (Path(uri.removeprefix("file://")) / "MLmodel").read_text() == "ours"
    names = [model.name for model in client.search_registered_models("name LIKE 'our%'")]
    assert names == ["ours"]
    assert [str(v.version) for v in client.get_registered_model("ours").latest_versions] == ["10"]

    source = _logged(place, client, "next")
    assert str(client.create_model_version("ours", source, "next").version) == "11", "numbers go on"


def test_versions_made_from_a_jobs_output_name_the_run(place: Place, client: Any) -> None:
    _logged(place, client, "origin")
    body = {"type": "mlflow_model", "path": "azureml://jobs/origin/outputs/artifacts/paths/model"}
    place.store.insert(Record("models", "models.derived", "1", body=body))
    assert client.get_model_version("derived", "1").run_id == "origin"
    assert [v.name for v in client.search_model_versions("run_id = 'origin'")] == ["derived"]


def test_tags_descriptions_stages_and_aliases_go_both_ways(place: Place, client: Any) -> None:
    source = _logged(place, client, "labels")
    client.create_registered_model("labelled", tags={"team": "a"}, description="all")
    for _ in range(2):
        client.create_model_version("labelled", source, "labels")
    client.set_model_version_tag("labelled", "1", "k", "v")
    client.set_model_version_tag("labelled", "1", "gone", "v")
    client.delete_model_version_tag("labelled", "1", "gone")
    client.update_model_version("labelled", "1", "words")
    client.set_registered_model_alias("labelled", "champion", "1")
    client.set_registered_model_tag("labelled", "more", "b")
    client.transition_model_version_stage("labelled", "2", "Archived")

    first = place.store.get("models", "models.labelled", "1")
    second = place.store.get("models", "models.labelled", "2")
    assert first is not None
    assert second is not None
    assert (first.body["tags"], first.body["description"]) == ({"k": "v"}, "words")
    assert second.archived
    assert _found(place, "azureml:labelled@champion") == _found(place, "azureml:labelled:1")
    assert _found(place, "models:/labelled@champion") == _found(place, "azureml:labelled@latest")
    model = client.get_registered_model("labelled")
    assert (model.tags, model.description) == ({"team": "a", "more": "b"}, "all")
    assert client.get_model_version_by_alias("labelled", "champion").aliases == ["champion"]

    place.store.update_body(replace(first, body={**first.body, "tags": {"from": "spec"}}), same_work=True)
    assert client.get_model_version("labelled", "1").tags == {"from": "spec"}

    client.delete_model_version("labelled", "1")
    assert place.store.get("models", "models.labelled", "1") is None
    assert client.get_registered_model("labelled").aliases == {}
    client.rename_registered_model("labelled", "renamed")
    assert place.store.get("models", "models.renamed", "2") is not None
    client.delete_registered_model("renamed")
    assert place.store.versions("models", "models.renamed") == []


@pytest.mark.parametrize(
    "source",
    ["/etc", "file:///etc/passwd", "s3://bucket/model", "runs:/nobody/model", "models:/nobody/1", "http://x/y"],
)
def test_nothing_from_elsewhere_is_registered(place: Place, client: Any, source: str) -> None:
    from mlflow.exceptions import MlflowException

    name = f"m{abs(hash(source))}"
    client.create_registered_model(name)
    with pytest.raises(MlflowException):
        client.create_model_version(name, source)
    assert place.store.versions("models", f"models.{name}") == []


@pytest.mark.parametrize("name", ["my model", "", "a/b", "é", ".hidden"])
def test_names_that_the_workspace_cannot_hold_are_refused(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException):
        client.create_registered_model(name)


def test_what_is_not_there_is_told_as_mlflow_tells_it(place: Place, client: Any) -> None:
    from mlflow.exceptions import MlflowException

    client.create_registered_model("empty")
    for ask in (lambda: client.get_registered_model("no"), lambda: client.get_model_version("empty", "1")):
        with pytest.raises(MlflowException) as caught:
            ask()
        assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    with pytest.raises(MlflowException) as caught:
        client.create_registered_model("empty")
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_prompts_stay_with_mlflow(place: Place, client: Any) -> None:
    client.create_prompt("greeting")
    client.create_prompt_version("greeting", "Hello {{ name }}")
    assert client.get_prompt_version("greeting", 1).template == "Hello {{ name }}"
    assert [prompt.name for prompt in client.search_prompts()] == ["greeting"]
    assert "greeting" not in [model.name for model in client.search_registered_models()]
    assert place.store.versions("models", "models.greeting") == []
