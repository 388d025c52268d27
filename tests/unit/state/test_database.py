from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.core.errors import StateError
from orchestrator.state.database import open_to_read, open_to_write, telling, transaction


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_to_write(tmp_path / "workspace.db")) as connection:
        yield connection


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM state_projects").fetchone()[0])


def add(connection: sqlite3.Connection, project: str) -> None:
    connection.execute("INSERT INTO state_projects VALUES (?, '', 0, 0)", (project,))


def test_everything_or_nothing(connection: sqlite3.Connection) -> None:
    with pytest.raises(ValueError, match="defect"), transaction(connection):
        add(connection, "a")
        raise ValueError("defect")
    assert count(connection) == 0
    with transaction(connection):
        add(connection, "a")
        add(connection, "b")
    assert count(connection) == 2


def test_an_error_after_which_the_database_rolled_back_by_itself(connection: sqlite3.Connection) -> None:
    """SQLite may do so when the disk is full. Source: sqlite.org/lang_transaction.html, section 3."""
    with pytest.raises(ValueError, match="disk full"), transaction(connection):
        add(connection, "a")
        connection.execute("ROLLBACK")
        raise ValueError("disk full")
    assert count(connection) == 0


def test_a_full_disk_is_told_and_costs_nothing_that_was_there(connection: sqlite3.Connection, tmp_path: Path) -> None:
    with transaction(connection):
        add(connection, "before")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateError) as error, telling(tmp_path), transaction(connection):
        for number in range(10_000):
            add(connection, f"project {number}")
    assert error.value.code == "disk-full"
    assert "Free space" in error.value.fix
    assert count(connection) == 1


def test_outcomes_survive_a_power_cut(connection: sqlite3.Connection) -> None:
    """Each commit is synced: synchronous is FULL (2), and the log is written ahead."""
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_reading_what_is_not_there(tmp_path: Path) -> None:
    assert open_to_read(tmp_path / "none.db") is None
    assert list(tmp_path.iterdir()) == []
