"""Documents kept beside the state, and leases beside its lock."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from orchestrator.core.errors import Locked, StateError
from orchestrator.core.state import State
from orchestrator.state.sqlite import SqliteStateStore
from tests.unit.execution.simulated import FakeClock
from tests.unit.state.records import ME


def opened(path: Path, project: str = "demo") -> SqliteStateStore:
    return SqliteStateStore(path, project, FakeClock())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "workspace.db"


def test_what_is_remembered_is_recalled_by_another(database: Path) -> None:
    with closing(opened(database)) as store:
        store.remember("loop", {"a": [1, None, "ü"], "b": {}})
        store.remember("loop", {"a": 2})
        store.remember("other", {})
    with closing(opened(database)) as store:
        assert store.recall("loop") == {"a": 2}
        assert store.recall("other") == {}
        assert store.recall("none") is None
    with closing(opened(database, "another")) as store:
        assert store.recall("loop") is None


def test_recalling_creates_nothing(database: Path) -> None:
    with closing(opened(database)) as store:
        assert store.recall("loop") is None
    assert not database.parent.exists()


def test_a_state_from_before_there_were_notes(database: Path) -> None:
    with closing(opened(database)) as store:
        store.begin()
        assert store.recall("loop") is None
        store.remember("loop", {"a": 1})
        assert store.recall("loop") == {"a": 1}


def test_remembering_does_not_touch_what_was_applied(database: Path) -> None:
    with closing(opened(database)) as store, closing(opened(database)) as other:
        before = store.begin()
        other.remember("loop", {})
        store.intend([])
        assert store.load() == State(before.lineage, before.serial, {})


def test_a_damaged_note_is_told(database: Path) -> None:
    with closing(opened(database)) as store:
        store.remember("loop", {})
        with closing(sqlite3.connect(database)) as raw, raw:
            raw.execute("UPDATE state_notes SET body = '[1'")
        with pytest.raises(StateError, match="cannot be read"):
            store.recall("loop")


def test_a_lease_is_one_holder_s_and_stands_beside_the_lock(database: Path) -> None:
    with closing(opened(database)) as store, closing(opened(database)) as other, ExitStack() as held:
        held.enter_context(store.lease("loop", ME))
        held.enter_context(other.lock(ME, wait_s=0))
        with pytest.raises(Locked, match=ME.who), other.lease("loop", ME):
            pass
        with other.lease("something else", ME):
            pass
        held.close()
        with other.lease("loop", ME):
            pass


def test_a_process_that_comes_and_goes_takes_nothing_along(database: Path) -> None:
    with closing(opened(database)) as store:
        store.remember("loop", {"a": 1})
        with closing(opened(database)) as second:
            second.remember("other", {})
        visitor = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT count(*) FROM state_notes').fetchall();"
            "c.execute('CREATE TABLE visitor (x)'); c.commit(); c.close()"
        )
        subprocess.run([sys.executable, "-c", visitor, str(database)], check=True)
        store.remember("loop", {"a": 2})
        with closing(sqlite3.connect(database)) as fresh:
            (body,) = fresh.execute("SELECT body FROM state_notes WHERE name = 'loop'").fetchone()
    assert body == '{"a":2}'
