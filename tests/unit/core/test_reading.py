"""A database in a folder that must stay untouched is read whole: closed, open elsewhere, or left behind by a killed process."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.core.ports import SystemClock
from orchestrator.core.reading import may_write, open_read_only
from orchestrator.state.sqlite import SqliteStateStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who has it open, with a row that is in the log only."""
    with closing(sqlite3.connect(tmp_path / "w.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES ('in the log')")
        yield connection


def rows(path: Path) -> list[tuple[str]]:
    before = sorted(path.parent.iterdir())
    with closing(open_read_only(path, timeout_s=1)) as connection:
        found = connection.execute("SELECT a FROM t").fetchall()
    assert sorted(path.parent.iterdir()) == before
    return found


def test_while_somebody_has_it_open(writer: sqlite3.Connection, tmp_path: Path) -> None:
    assert rows(tmp_path / "w.db") == [("in the log",)]


def test_closed(writer: sqlite3.Connection, tmp_path: Path) -> None:
    writer.close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.db"]
    assert rows(tmp_path / "w.db") == [("in the log",)]


def test_left_behind_without_the_index_of_its_log(writer: sqlite3.Connection, tmp_path: Path) -> None:
    killed = tmp_path / "elsewhere"
    killed.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(tmp_path / f"w.db{suffix}", killed / f"killed.db{suffix}")
    assert rows(killed / "killed.db") == [("in the log",)]


def test_a_damaged_one_with_a_log_is_told(tmp_path: Path) -> None:
    (tmp_path / "w.db").write_bytes(b"no database" * 1000)
    (tmp_path / "w.db-wal").write_bytes(b"no log")
    with pytest.raises(sqlite3.DatabaseError):
        open_read_only(tmp_path / "w.db", timeout_s=1.0)


def test_records_and_state_need_the_right_to_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = WorkspacePaths(tmp_path / "w")
    with closing(RecordStore(paths)) as store:
        store.insert(Record("models", "models.a", "1"))
    with closing(SqliteStateStore(paths.db, "p", SystemClock())) as state:
        begun = state.begin()
    before = sorted(paths.root.iterdir())
    # The tests' user may be one whom no right stops.
    monkeypatch.setattr("orchestrator.workspace.records.database.may_write", lambda path: False)
    monkeypatch.setattr("orchestrator.state.database.may_write", lambda path: False)
    with closing(RecordStore(paths)) as store, closing(SqliteStateStore(paths.db, "p", SystemClock())) as state:
        assert [record.address for record in store.list()] == ["models.a"]
        assert state.load().lineage == begun.lineage
        assert state.recall("anything") is None
        assert sorted(paths.root.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="no right stops root")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "w.db").touch()
    assert may_write(tmp_path / "w.db")
    tmp_path.chmod(0o500)
    try:
        assert not may_write(tmp_path / "w.db")
    finally:
        tmp_path.chmod(0o700)
