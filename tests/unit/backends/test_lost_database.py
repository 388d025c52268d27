"""A workspace that lost its database or content is told, never taken for a new one; a full disk is called a full disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from orchestrator.backends.local.backend import LocalBackend
from orchestrator.core.disk import full_disk, is_full
from orchestrator.core.errors import Failed, Invalid, Transient
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files import intake as intake_module
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.operations import administration as admin
from orchestrator.workspace.records.store import RecordStore
from tests.unit.backends.played import Supervisor, request


def full_workspace(backend: LocalBackend, paths: WorkspacePaths) -> None:
    backend.create(request("jobs.train", "train-1"))
    (paths.jobs / "train-1").mkdir(parents=True)
    backend.close()


@pytest.mark.parametrize("loss", ["missing", "empty"])
@pytest.mark.parametrize("use", ["list", "status", "gc", "create"])
def test_a_database_that_is_lost_is_told_by_everything_that_needs_it(
    backend: LocalBackend, paths: WorkspacePaths, supervisor: Supervisor, loss: str, use: str
) -> None:
    full_workspace(backend, paths)
    supervisor.store.close()
    for file in paths.root.glob("workspace.db*"):
        file.unlink()
    if loss == "empty":
        paths.db.touch()
    with pytest.raises(Invalid, match=f"workspace.db is {loss}") as caught:
        match use:
            case "list":
                list(backend.list("jobs"))
            case "status":
                admin.status(paths.root)
            case "gc":
                admin.gc(paths.root, 60, dry_run=True)
            case "create":
                backend.create(request("data.d", "1"))
    assert caught.value.fix.endswith(f"amlctl workspace reset --path {paths.root}")
    assert admin.reset(paths.root), "the advice can be followed"
    assert list(backend.list("jobs")) == []


def test_a_workspace_that_was_only_begun_is_still_new(paths: WorkspacePaths) -> None:
    from orchestrator.workspace.folder.identity import ensure_identity

    ensure_identity(paths)
    paths.content.mkdir()
    assert list(RecordStore(paths).list()) == []


def test_content_that_somebody_deleted_is_seen_by_a_plan(
    backend: LocalBackend, paths: WorkspacePaths, tmp_path: Path
) -> None:
    table = tmp_path / "heart.csv"
    table.write_text("a,b\n1,2\n")
    body = {"type": "uri_file", "path": LocalFiles(table, "d" * 64, "heart.csv")}
    wanted = request("data.heart", "1", body=body)
    made = backend.create(wanted)
    assert list(backend.list("data")) == [made]
    for stored in paths.content.glob("??/*"):
        kept = stored.read_bytes()
        stored.unlink()
        assert list(backend.list("data")) == [], stored
        assert backend.create(wanted) == made, "made again"
        assert stored.read_bytes() == kept


def test_a_full_disk_is_not_blamed_on_the_file_that_was_copied(
    backend: LocalBackend, paths: WorkspacePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    table = tmp_path / "heart.csv"
    table.write_text("a\n")
    monkeypatch.setattr(intake_module.Intake, "_copy", refuse)
    with pytest.raises(Failed, match=r"The disk mounted at .* is full") as caught:
        backend.create(request("data.heart", "1", body={"path": LocalFiles(table, "d" * 64, "heart.csv")}))
    assert str(table) not in caught.value.detail
    assert "Free space" in caught.value.fix


def test_a_full_disk_under_the_database_is_told(paths: WorkspacePaths) -> None:
    store = RecordStore(paths)
    store.list()
    with store._database.writing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    store._database._connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[union-attr]
    with pytest.raises(Transient, match="is full") as caught, store._database.writing() as connection:
        connection.execute("CREATE TABLE more (text TEXT)")
        for number in range(10_000):
            connection.execute("INSERT INTO more VALUES (?)", ("x" * 4000 + str(number),))
    assert caught.value.code == "disk-full"
    store.close()


def test_what_is_a_full_disk(tmp_path: Path) -> None:
    assert is_full(OSError(errno.ENOSPC, "x"))
    assert is_full(OSError(errno.EDQUOT, "x"))
    assert not is_full(PermissionError(errno.EACCES, "x"))
    assert str(tmp_path / "not" / "there") in full_disk(tmp_path / "not" / "there")


def test_a_database_that_was_deleted_under_a_writer_is_told(paths: WorkspacePaths) -> None:
    store = RecordStore(paths)
    with store._database.writing():
        pass
    paths.db.unlink()
    with pytest.raises(Failed, match="was deleted while it was in use"), store._database.writing():
        pass
    store.close()
