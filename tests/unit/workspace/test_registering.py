"""Named outputs of a completed run are data assets and models of the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.folder import Ending, JobFolder, RunExit, RunOrder
from orchestrator.workspace.jobs.registering import Registering
from orchestrator.workspace.jobs.settlement import Settlement
from orchestrator.workspace.records.record import JOB_PROPERTY, OUTPUT_PROPERTY, REGISTERED, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import resolve


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(tmp_path / "ws")


@pytest.fixture
def store(paths: WorkspacePaths) -> Iterator[RecordStore]:
    store = RecordStore(paths)
    yield store
    store.close()


def made(paths: WorkspacePaths, store: RecordStore, run: str, text: str, **named: Any) -> tuple[Record, dict[str, str]]:
    """A run with one output ``x``, as it is when its process has ended."""
    place = paths.job(run) / "outputs" / "x"
    if named.get("type") == "uri_file":
        place.parent.mkdir(parents=True)
        place.write_text(text)
    else:
        place.mkdir(parents=True)
        (place / "MLmodel").write_text(text)
    outputs = {"x": str(place)}
    record = Record("jobs", "jobs.prep", run, body={"outputs": {"x": named}}, attributes={"outputs": outputs})
    return store.insert(record), outputs


def versions(store: RecordStore, section: str) -> list[str]:
    return [record.revision for record in store.versions(section, f"{section}.clean")]


@pytest.mark.parametrize("version", ["1", "2024-05", None])
@pytest.mark.parametrize(
    ("kind", "section"),
    [(None, "data"), ("uri_folder", "data"), ("uri_file", "data"), ("mltable", "data"), ("mlflow_model", "models"),
     ("custom_model", "models"), ("triton_model", "models")],
)  # fmt: skip
def test_every_type_becomes_an_asset_with_the_outputs_content_that_names_its_run(
    paths: WorkspacePaths, store: RecordStore, kind: str | None, section: str, version: str | None
) -> None:
    run, outputs = made(paths, store, "prep-1", "hello", type=kind, name="clean", version=version)
    assert not Registering(paths, store).register(run, outputs)
    [asset] = store.versions(section, f"{section}.clean")
    assert asset.revision == (version or "1")
    assert asset.variant == asset.body["type"] == (kind or "uri_folder")
    assert asset.body["properties"] == {JOB_PROPERTY: "prep-1", OUTPUT_PROPERTY: "x"}
    assert (asset.attributes.get(REGISTERED, {}).get("run_id") == "prep-1") is (section == "models")
    for text in (f"azureml:clean:{asset.revision}", "azureml:clean@latest"):
        place = resolve(store, paths, {}, text, (section,))
        assert (place if place.is_file() else place / "MLmodel").read_text() == "hello"


def test_twice_is_once_and_the_next_run_gets_the_next_whole_number(paths: WorkspacePaths, store: RecordStore) -> None:
    for text, number in (("a", "1"), ("b", "2"), ("c", "3")):
        run, outputs = made(paths, store, f"prep-{number}", text, name="clean")
        for _ in range(2):
            assert not Registering(paths, store).register(run, outputs)
        assert versions(store, "data")[-1] == number
    store.insert(Record("data", "data.clean", "9", archived=True))
    run, outputs = made(paths, store, "prep-4", "d", name="clean")
    Registering(paths, store).register(run, outputs)
    assert versions(store, "data") == ["1", "2", "3", "9", "10"]


def test_a_version_that_is_taken_is_no_trouble_with_the_same_content_and_named_with_other(
    paths: WorkspacePaths, store: RecordStore
) -> None:
    for run, text, trouble in (("prep-1", "a", ""), ("prep-2", "a", ""), ("prep-3", "b", "other content")):
        record, outputs = made(paths, store, run, text, name="clean", version="1")
        said = Registering(paths, store).register(record, outputs)
        assert trouble in said
        assert bool(said) is bool(trouble)
    assert "Output 'x' was not registered as data clean:1" in said
    assert versions(store, "data") == ["1"]
    assert (resolve(store, paths, {}, "azureml:clean:1") / "MLmodel").read_text() == "a"


@pytest.mark.parametrize(("kind", "why"), [("mlflow_model", "not an MLflow model"), ("custom_model", "is empty")])
def test_a_model_that_is_none_is_not_registered(paths: WorkspacePaths, store: RecordStore, kind: str, why: str) -> None:
    run, outputs = made(paths, store, "prep-1", "", type=kind, name="clean")
    (Path(outputs["x"]) / "MLmodel").unlink()
    assert why in Registering(paths, store).register(run, outputs)
    assert not versions(store, "models")


def test_an_empty_folder_is_data_too(paths: WorkspacePaths, store: RecordStore) -> None:
    run, outputs = made(paths, store, "prep-1", "", name="clean")
    (Path(outputs["x"]) / "MLmodel").unlink()
    assert not Registering(paths, store).register(run, outputs)
    assert not list(resolve(store, paths, {}, "azureml:clean@latest").iterdir())


def test_outputs_without_a_name_are_registered_nowhere(paths: WorkspacePaths, store: RecordStore) -> None:
    run, outputs = made(paths, store, "prep-1", "a", type="uri_folder")
    assert not Registering(paths, store).register(run, outputs)
    assert {record.kind for record in store.list()} == {"jobs"}


def settle(
    paths: WorkspacePaths, store: RecordStore, run: Record, outputs: Mapping[str, str], ending: Ending
) -> Record:
    folder = JobFolder(paths.job(run.revision))
    RunOrder(run.revision, "command", dict(run.body), "python", outputs=outputs).write(folder)
    ended = RunExit(0, ending, "" if ending is Ending.COMPLETED else "it failed", 1.0, 2.0)
    Settlement(paths, store, cast("Any", None)).settle(run, folder, ended)
    found = store.get(*run.key)
    assert found is not None
    return found


def test_a_run_registers_when_it_is_settled_and_only_if_it_completed(paths: WorkspacePaths, store: RecordStore) -> None:
    failed, outputs = made(paths, store, "prep-1", "a", name="clean")
    settle(paths, store, failed, outputs, Ending.FAILED)
    assert not versions(store, "data")
    completed, outputs = made(paths, store, "prep-2", "b", name="clean", version="1")
    assert settle(paths, store, completed, outputs, Ending.COMPLETED).health is Health.HEALTHY
    settle(paths, store, completed, outputs, Ending.COMPLETED)
    assert versions(store, "data") == ["1"]


def test_a_run_whose_version_is_taken_says_so_and_failed(paths: WorkspacePaths, store: RecordStore) -> None:
    store.insert(Record("data", "data.clean", "1", body={"path": "azureml://datastores/x/paths/y"}))
    run, outputs = made(paths, store, "prep-1", "a", name="clean", version="1")
    found = settle(paths, store, replace(run, message=""), outputs, Ending.COMPLETED)
    assert (found.health, found.phase) == (Health.DEGRADED, "failed")
    assert "data clean:1: data.clean 1 exists already with other content" in found.message
    assert found.attributes["outputs"] == outputs
