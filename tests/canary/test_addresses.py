"""Passwords in addresses, in every sort of text, on both workspaces: nowhere to be found, and still of use."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.wire import CONNECTION_PROPERTY
from orchestrator.workspace.arm.wire_store import Entry, WireStore, sent_of
from orchestrator.workspace.files import downloads
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import RecordKey
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import resolve
from tests.canary.test_everywhere import (
    CANARY,
    FIELDS,
    amlctl,
    bodies,
    destroyed,
    everything_said,
    holding,
    refused,
    spec_of,
)
from tests.unit.cli.calling import Shell

__all__ = ["amlctl"]

SIGNED = f"https://acc.blob.example.org/c/rows.csv?sv=2024-01-01&sig={CANARY}-signature"
LOGIN = f"https://me:{CANARY}-password@example.org/r.git"
CONNECTION = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={CANARY}-key;EndpointSuffix=core.windows.net"


def texts(prefix: str = "") -> dict[str, Any]:
    """Sections whose texts hold passwords."""
    every = {"one": SIGNED, "two": LOGIN, "three": CONNECTION}
    return {
        "data": {f"{prefix}rows": {"type": "uri_file", "path": SIGNED, "description": f"from {LOGIN}", "tags": every}},
        "models": {f"{prefix}net": {"type": "custom_model", "path": SIGNED, "tags": every}},
        "environments": {
            f"{prefix}built": {"build": {"path": LOGIN}, "tags": every},
            f"{prefix}packed": {
                "image": "host",
                "conda_file": {"dependencies": ["python=3.11", {"pip": [f"toolz @ git+{LOGIN}"]}]},
            },
        },
        "datastores": {
            f"{prefix}store": {
                "type": "azure_blob",
                "account_name": "abc",
                "container_name": "c",
                "description": CONNECTION,
            }
        },
        "online_endpoints": {"canary-scores": {"description": SIGNED, "tags": every}},
    }


def applied(amlctl: Shell, said: list[tuple[str, str]]) -> None:
    for words in (
        ("plan", "-o", "plan.json"),
        ("apply", "--yes", "--format", "json"),
        ("plan", "-v", "--detailed-exitcode"),
    ):
        answer = amlctl(words[0], "spec.yaml", *words[1:], code=None)
        said.append((" ".join(words), answer.out + answer.err))
        failed = [line for line in answer.out.splitlines() if "error" in line and "null" not in line]
        assert answer.code == 0, (words, failed)


@pytest.mark.slow
def test_on_the_embedded_workspace(amlctl: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = spec_of(texts(), {}, tags={"project": LOGIN})
    shell = Shell(tmp_path / "project", amlctl.captured)
    shell.folder.mkdir()
    monkeypatch.chdir(shell.folder)
    (shell.folder / "spec.yaml").write_text(text)
    said: list[tuple[str, str]] = []
    applied(shell, said)
    said += everything_said(shell, first="data.rows")
    paths = WorkspacePaths(shell.folder / ".amlctl")
    assert _fetched(paths, monkeypatch) == SIGNED
    (shell.folder / "spec.yaml").write_text(text.replace("-signature", "-rotated"))
    answer = shell("plan", "spec.yaml", "--format", "json", code=None)
    changed = {change["address"]: change["action"] for change in answer.data["changes"]}
    assert changed["data.rows"] == "revise", changed
    assert changed["online_endpoints.canary-scores"] == "update", changed
    applied(shell, said)
    assert _fetched(paths, monkeypatch) == SIGNED.replace("-signature", "-rotated")
    (shell.folder / "spec.yaml").write_text(text + "broken: [\n")
    said += everything_said(shell, first="data.rows")
    (shell.folder / "spec.yaml").write_text(text.replace("-signature", "-rotated"))
    kept = list(paths.secrets.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
    own = {"spec.yaml", *(str(file.relative_to(shell.folder)) for file in kept)}
    assert set(holding(shell.folder)) - own == set()
    said += destroyed(shell)
    assert [name for name, output in said if CANARY in output] == []
    assert set(holding(shell.folder)) - own == set(), "archived versions keep theirs, for their owner only"


def _fetched(paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address that is asked when a job reads the data asset."""
    asked: list[str] = []

    def fetch(_: WorkspacePaths, text: str) -> Path:
        asked.append(text)
        return paths.root

    monkeypatch.setattr(downloads, "download", fetch)
    store = RecordStore(paths)
    try:
        resolve(store, paths, {}, "azureml:rows@latest")
    finally:
        store.close()
    return asked[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what the client's own libraries say about each other
def test_on_azure_with_every_secret_field(amlctl: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("azure.ai.ml")
    from tests.contract import served
    from tests.contract.kinds.azure_world import settings

    project, server = tmp_path / "project", tmp_path / "server" / ".amlctl"
    project.mkdir()
    monkeypatch.chdir(project)
    sections, environ = bodies()
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with served.serving(tmp_path / "server") as service:
        monkeypatch.setenv("AMLCTL_ALLOWED_HOSTS", "localhost:*,127.0.0.1:*,*.localhost:*")
        monkeypatch.setenv("SP_SECRET", service.tokens.secret)
        chosen: dict[str, Any] = settings(service)
        chosen["credential"]["client_secret"]["client_secret"] = "${secret.SP_SECRET}"
        chosen.pop("polling_s")
        (project / "spec.yaml").write_text(
            spec_of(_together(sections, texts()), {**environ, "SP_SECRET": ""}, workspace={"azure": chosen})
        )
        shell = Shell(project, amlctl.captured)
        said: list[tuple[str, str]] = []
        applied(shell, said)
        said += everything_said(shell, first="datastores.field4")
        store = RecordStore(WorkspacePaths(server))
        try:
            record = store.latest("data", "data.rows")
            assert record is not None
            body = store.revealed(record)
            assert body["path"] == SIGNED, "the service gets the whole address"
            assert body["tags"]["two"] == LOGIN
        finally:
            store.close()
        said += destroyed(shell)
        assert [name for name, output in said if CANARY in output or service.tokens.secret in output] == []
    assert set(holding(project)) == {"spec.yaml"}
    kept = {path.relative_to(tmp_path / "server") for path in WorkspacePaths(server).secrets.iterdir()}
    assert {Path(name) for name in holding(tmp_path / "server")} - kept == set()


def test_what_a_client_sends_for_a_type_of_job_that_only_azure_runs(tmp_path: Path) -> None:
    """A client keeps the key of a distillation's teacher inside of a property; see `CONNECTION_PROPERTY`."""
    assert {path[-1] for kind, variant, path in FIELDS if refused(kind, variant)} == {"api_key"}, (
        "what the others leave out"
    )
    teacher = json.dumps({"name": "teacher", "api_key": f"{CANARY}-key"})
    properties = {CONNECTION_PROPERTY: teacher, "plain": "text"}
    body = {"type": "finetuning", "training_data": {"path": SIGNED}, "properties": properties, "tags": {"v": "1"}}
    sent = {"jobType": "FineTuning", "details": [{"uri": SIGNED}, {"uri": "plain"}], "properties": properties}
    key = RecordKey("jobs", "jobs.tune", "tune")
    shelf = WireStore(WorkspacePaths(tmp_path / ".amlctl"))
    try:
        made, _ = shelf.write(Entry(key, body, sent, variant="finetuning.custom"))
        assert (made.body, sent_of(made)) == (body, sent)
        again, new = shelf.write(Entry(key, body, sent, variant="finetuning.custom"))
        assert not new and (again.body, again.generation) == (body, made.generation), (
            "the same once more changes nothing"
        )
        read = shelf.run("tune")
        assert read is not None and (read.body, sent_of(read)) == (body, sent)
        hidden = shelf.relabel(replace(read, archived=True))
        assert hidden.archived and (hidden.body, sent_of(hidden)) == (body, sent)
        assert shelf.list("jobs") == [hidden]
        kept = {str(path.relative_to(tmp_path)) for path in shelf.paths.secrets.iterdir()}
        assert kept and set(holding(tmp_path)) == kept
        assert CANARY not in shelf.workspace.mask(key)(SIGNED)
        without = {**body, "training_data": {"path": "plain"}, "properties": {}}
        changed = shelf.relabel(replace(hidden, body=without))
        assert changed.body == without and shelf.workspace.revealed(changed) == without
        assert holding(tmp_path) == [], "what is gone from the body is gone from the secrets"
    finally:
        shelf.close()


def _together(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {**first.get(name, {}), **second.get(name, {})} for name in {**first, **second}}
