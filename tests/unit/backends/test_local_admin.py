"""The workspace as a whole: what is looked at, and what a reset may delete."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.local.backend import LocalBackend
from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation, SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.kinds import discover
from orchestrator.workspace.folder.identity import ensure_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.operations import administration as admin
from orchestrator.workspace.records.record import UNSERVED, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient


def fill(paths: WorkspacePaths) -> None:
    ensure_identity(paths)
    store = RecordStore(paths)
    store.insert(Record("jobs", "jobs.train", "train-1", health=Health.PROGRESSING, phase="running"))
    store.insert(Record("jobs", "jobs.train", "train-0"))
    store.insert(Record("data", "data.heart", "1", archived=True))
    store.insert(
        Record("online_endpoints", "online_endpoints.hf", attributes={"scoring_uri": "http://127.0.0.1:1/score"})
    )
    store.close()
    (paths.content / "aa").mkdir(parents=True)
    (paths.content / "aa" / "one").write_bytes(b"x" * 9000)
    (paths.content / "aa" / "two").hardlink_to(paths.content / "aa" / "one")


def test_a_workspace_that_is_not_there_is_told_and_not_made(paths: WorkspacePaths) -> None:
    found = admin.status(paths.root)
    assert (found.exists, found.pid, found.records, found.disk) == (False, None, {}, {})
    assert not admin.down(paths.root)
    assert not admin.reset(paths.root)
    assert not paths.root.exists()


def test_a_status_tells_what_there_is(paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(client: SupervisorClient) -> Mapping[str, Any]:
        return {"pid": 7, "since": 1.0, "tracking": "http://127.0.0.1:2", "broken": {"serving": "x"}}

    fill(paths)
    monkeypatch.setattr(SupervisorClient, "status", answer)
    found = admin.status(paths.root)
    assert (found.exists, found.pid, found.tracking, found.broken) == (True, 7, "http://127.0.0.1:2", {"serving": "x"})
    assert found.records == {"jobs": 2, "online_endpoints": 1}
    assert [job.name for job in found.jobs] == ["train-1"]
    assert [(endpoint.name, endpoint.url) for endpoint in found.endpoints] == [("hf", "http://127.0.0.1:1/score")]
    assert 9000 <= found.disk["content"] < 18000


def test_a_reset_deletes_a_workspace(paths: WorkspacePaths) -> None:
    fill(paths)
    assert admin.reset(paths.root)
    assert not paths.root.exists()


def test_a_reset_leaves_the_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("project: p\n")
    (tmp_path / ".gitignore").write_text("*.pyc\n")
    fill(WorkspacePaths(tmp_path))
    assert admin.reset(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".gitignore", "spec.yaml"]


def test_a_reset_deletes_no_folder_of_others(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "mine.txt").write_text("x")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(Invalid, match="not an embedded workspace"):
        admin.reset(tmp_path)
    assert (tmp_path / "jobs" / "mine.txt").exists()


def test_a_reset_follows_no_link_out(paths: WorkspacePaths, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("x")
    fill(paths)
    paths.jobs.symlink_to(tmp_path / "mine")
    assert admin.reset(paths.root)
    assert (tmp_path / "mine" / "x").exists()


UNSERVED_BLUE = {UNSERVED: {"health": "progressing", "message": "no scoring server of blue answers yet"}}


def test_an_endpoint_without_servers_is_not_shown_as_healthy(paths: WorkspacePaths) -> None:
    ensure_identity(paths)
    with closing(RecordStore(paths)) as store:
        store.insert(Record("online_endpoints", "online_endpoints.hf", attributes=UNSERVED_BLUE, phase="running"))
    (endpoint,) = admin.status(paths.root).endpoints
    assert (endpoint.health, endpoint.phase) == (Health.PROGRESSING, "starting")
    assert endpoint.message == "no scoring server of blue answers yet"


def test_an_apply_waits_for_an_endpoint_itself_or_it_could_not_repair_its_servers(
    paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SupervisorClient, "answers", lambda client: True)
    choice = WorkspaceChoice("local", {"path": str(paths.root)})
    backend = LocalBackend(choice, "heart", discover(), SystemClock())
    ensure_identity(paths)
    with closing(RecordStore(paths)) as store:
        store.insert(Record("online_endpoints", "online_endpoints.hf", attributes=UNSERVED_BLUE))
    with closing(backend):
        (shown,) = backend.list("online_endpoints")
        assert (shown.health, shown.message) == (Health.PROGRESSING, "no scoring server of blue answers yet")
        address = Address("online_endpoints", "hf")
        assert backend.wait(address, "", 5.0, Cancellation(), print).health is Health.HEALTHY


def test_up_waits_until_the_records_were_looked_at(paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([{"pending": ["jobs", "serving"]}, {"pending": ["serving"]}, {"pending": []}])
    told: list[str] = []
    monkeypatch.setattr(SupervisorClient, "ensure", lambda client: None)
    monkeypatch.setattr(SupervisorClient, "status", lambda client: next(answers, {"pid": 7}))
    assert admin.up(paths.root, told.append).pid == 7
    assert [line.partition(": ")[2] for line in told] == ["jobs, serving", "serving"]


def test_up_does_not_wait_for_ever(paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(SupervisorClient, "ensure", lambda client: None)
    monkeypatch.setattr(SupervisorClient, "status", lambda client: {"pid": 7, "pending": ["serving"]})
    monkeypatch.setattr(admin, "LOOK_TIMEOUT_S", 0.0)
    admin.up(paths.root, told.append)
    assert told[-1].startswith("Not looked at within")


@pytest.mark.parametrize("part", ["jobs", "content", "endpoints", "downloads", "secrets"])
def test_neither_reset_nor_gc_goes_through_a_link_in_the_workspace(
    paths: WorkspacePaths, tmp_path: Path, part: str
) -> None:
    mine = tmp_path / "mine"
    (mine / "ab").mkdir(parents=True)
    (mine / "ab" / ("ab" + "0" * 62)).write_text("x")
    (mine / "x").write_text("x")
    fill(paths)
    place: Path = getattr(paths, part)
    if place.is_dir():
        place.rename(tmp_path / "aside")
    place.symlink_to(mine)
    before = sorted(mine.rglob("*"))
    admin.gc(paths.root, 0.0, dry_run=False)
    assert sorted(mine.rglob("*")) == before
    admin.reset(paths.root)
    assert sorted(mine.rglob("*")) == before


def test_neither_acts_on_a_linked_folder(paths: WorkspacePaths, tmp_path: Path) -> None:
    fill(paths)
    link = tmp_path / "link"
    link.symlink_to(paths.root)
    with pytest.raises(Invalid, match="symbolic link") as refused:
        admin.reset(link)
    assert str(paths.root) in refused.value.fix
    with pytest.raises(Invalid, match="symbolic link"):
        admin.gc(link, 0.0, dry_run=False)
    assert paths.marker.is_file()


@pytest.mark.parametrize(
    "names", [["jobs"], ["content", "jobs", "cache"], ["endpoints", ".gitignore"], ["workspace.json"]]
)
def test_names_of_folders_are_no_marker(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        if name == ".gitignore":
            (tmp_path / name).write_text("*\n")
        elif name == "workspace.json":
            (tmp_path / "elsewhere").write_text("{}")
            (tmp_path / name).symlink_to("elsewhere")
        else:
            (tmp_path / name).mkdir()
            (tmp_path / name / "mine.txt").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Invalid, match="not an embedded workspace"):
        admin.reset(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
