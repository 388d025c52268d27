from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import orchestrator.state.lock as module
from orchestrator.core.errors import Locked, StateError
from orchestrator.core.ports import SystemClock
from orchestrator.core.state import Holder
from orchestrator.state.lock import EXPIRES_S, LockRow, hold, hold_every, lock_file
from orchestrator.state.sqlite import SqliteStateStore
from tests.unit.execution.simulated import FakeClock
from tests.unit.state.records import ME

OTHER = Holder("bob@server", "destroy", 99, "2026-01-01T00:00:00+00:00")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "workspace.db"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(database: Path, clock: FakeClock) -> Iterator[SqliteStateStore]:
    store = SqliteStateStore(database, "demo", clock)
    yield store
    store.close()


def rows(database: Path) -> list[tuple[str, str, float]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT project, who, expires FROM state_locks").fetchall()


def write_row(database: Path, host: str, expires: float) -> None:
    with closing(sqlite3.connect(database)) as connection:
        values = ("demo", "token", host, OTHER.who, OTHER.command, OTHER.pid, OTHER.since, expires)
        connection.execute("INSERT OR REPLACE INTO state_locks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        connection.commit()


def test_the_second_is_told_who_holds_it(store: SqliteStateStore, database: Path, clock: FakeClock) -> None:
    with store.lock(ME, wait_s=0):
        with pytest.raises(Locked) as error, SqliteStateStore(database, "demo", clock).lock(OTHER, wait_s=0):
            raise AssertionError("two holders")
        assert rows(database) == [("demo", ME.who, clock.now() + EXPIRES_S)]
    for part in ("demo", ME.who, ME.command, str(ME.pid), ME.since):
        assert part in error.value.detail
    assert "--lock-wait" in error.value.fix


def test_it_is_free_again_afterwards(store: SqliteStateStore, database: Path) -> None:
    for _ in range(2):
        with store.lock(ME, wait_s=0):
            pass
    assert rows(database) == []


def test_it_is_free_again_after_a_failure(store: SqliteStateStore, database: Path) -> None:
    with pytest.raises(ValueError, match="defect"), store.lock(ME, wait_s=0):
        raise ValueError("defect")
    assert rows(database) == []
    with store.lock(ME, wait_s=0):
        pass


def test_two_projects_have_two_locks(store: SqliteStateStore, database: Path, clock: FakeClock) -> None:
    with store.lock(ME, wait_s=0), SqliteStateStore(database, "another", clock).lock(OTHER, wait_s=0):
        assert len(rows(database)) == 2


def test_whoever_waits_gets_it_when_it_is_let_go(database: Path) -> None:
    clock = SystemClock()
    held, let_go, got = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with SqliteStateStore(database, "demo", clock).lock(ME, wait_s=0):
            held.set()
            let_go.wait(20)

    def wait() -> None:
        with SqliteStateStore(database, "demo", clock).lock(OTHER, wait_s=20):
            got.set()

    threads = [threading.Thread(target=hold), threading.Thread(target=wait)]
    threads[0].start()
    assert held.wait(20)
    threads[1].start()
    assert not got.wait(0.2)
    let_go.set()
    assert got.wait(20)
    for thread in threads:
        thread.join()


@pytest.mark.slow
def test_a_dead_holder_lets_go_at_once(database: Path) -> None:
    program = """
import sys, time
from pathlib import Path
from orchestrator.core.ports import SystemClock
from orchestrator.core.state import Holder
from orchestrator.state.sqlite import SqliteStateStore
with SqliteStateStore(Path(sys.argv[1]), "demo", SystemClock()).lock(Holder("dead", "apply", 1, "then"), wait_s=0):
    print("held", flush=True)
    time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", program, str(database)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    store = SqliteStateStore(database, "demo", SystemClock())
    with pytest.raises(Locked, match="dead"), store.lock(ME, wait_s=0):
        raise AssertionError("two holders")
    child.kill()
    child.wait()
    child.stdout.close()
    assert [row[1] for row in rows(database)] == ["dead"], "it could not take its name away"
    with store.lock(ME, wait_s=0):
        assert [row[1] for row in rows(database)] == [ME.who]


@pytest.mark.parametrize(
    ("left_s", "taken", "why"),
    [(1.0, False, "renewed lately"), (0.0, True, "expired"), (-5.0, True, "expired long ago")],
)
def test_a_holder_on_another_machine(
    store: SqliteStateStore, database: Path, clock: FakeClock, left_s: float, taken: bool, why: str
) -> None:
    store.begin()
    write_row(database, "another-machine", clock.now() + left_s)
    if taken:
        with store.lock(ME, wait_s=0):
            assert [row[1] for row in rows(database)] == [ME.who], why
    else:
        with pytest.raises(Locked, match=OTHER.who), store.lock(ME, wait_s=0):
            raise AssertionError(why)
        with lock_file(database, "demo").open() as handle:
            module.fcntl.flock(handle, module.fcntl.LOCK_EX | module.fcntl.LOCK_NB)


def test_a_holder_who_has_not_said_its_name_yet(store: SqliteStateStore, database: Path) -> None:
    with lock_file(database, "demo").open("w") as handle:
        module.fcntl.flock(handle, module.fcntl.LOCK_EX)
        with pytest.raises(Locked, match="another process"), store.lock(ME, wait_s=0):
            raise AssertionError("two holders")


def test_the_heartbeat_renews(
    store: SqliteStateStore, database: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.001)
    real, beats = LockRow.renew, [0]

    def renew(row: LockRow) -> bool:
        beats[0] += 1
        if beats[0] == 1:
            raise StateError("busy")  # one beat that fails does no harm
        return real(row)

    monkeypatch.setattr(LockRow, "renew", renew)
    with store.lock(ME, wait_s=0):
        clock.time += 7
        deadline = time.monotonic() + 20
        while rows(database)[0][2] != clock.now() + EXPIRES_S:
            assert time.monotonic() < deadline, f"not renewed in {beats[0]} beats"
            threading.Event().wait(0.001)


def test_whoever_lost_the_lock_neither_renews_nor_removes_the_others(
    store: SqliteStateStore, database: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.001)
    real, lost = LockRow.renew, threading.Event()

    def renew(row: LockRow) -> bool:
        ours = real(row)
        if not ours:
            lost.set()
        return ours

    monkeypatch.setattr(LockRow, "renew", renew)
    store.begin()
    with store.lock(ME, wait_s=0):
        expires = clock.now() + 5
        write_row(database, "another-machine", expires)
        assert lost.wait(20), "no beat noticed"
        assert rows(database)[0][2] == expires
    assert [row[1] for row in rows(database)] == [OTHER.who]


WRITER = """
import sys
from pathlib import Path
from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.ports import SystemClock
from orchestrator.core.state import Holder, Intent, StateChange
from orchestrator.core.resource import Applied
from orchestrator.core.run import Verb
from orchestrator.state.sqlite import SqliteStateStore

store = SqliteStateStore(Path(sys.argv[1]), "demo", SystemClock())
counter = Address("data", "counter")
print("ready", flush=True)
for _ in range(int(sys.argv[2])):
    with store.lock(Holder(sys.argv[3], "apply", 1, "now"), wait_s=60):
        state = store.load()
        number = int(state.applied[counter].revision) if counter in state.applied else 0
        store.begin()
        intent = Intent("update data.counter", counter, Verb.UPDATE, "key", "")
        store.intend([intent])
        applied = Applied(counter, properties={}, fingerprint=Fingerprint("c"), revision=str(number + 1))
        store.settle_all([StateChange(step=intent.step, address=counter, applied=applied, outcome="updated")])
store.close()
"""


@pytest.mark.slow
def test_writers_and_one_that_is_killed_lose_no_update(database: Path) -> None:
    def start(times: int, name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", WRITER, str(database), str(times), name], stdout=subprocess.PIPE)

    children = [start(15, "one"), start(15, "two")]
    doomed = start(100_000, "doomed")
    try:
        for child in (*children, doomed):
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
        reader = SqliteStateStore(database, "demo", SystemClock())
        while reader.load().serial < 10:
            threading.Event().wait(0.02)
        doomed.kill()
        assert [child.wait(120) for child in children] == [0, 0]
    finally:
        for child in (*children, doomed):
            child.kill()
            child.wait()
            assert child.stdout is not None
            child.stdout.close()
    state = reader.load()
    history = reader.history(1_000_000)
    settled = [entry for entry in history if entry["outcome"] == "updated"]
    (applied,) = state.applied.values()
    assert int(applied.revision) == len(settled) >= 30
    assert state.serial - len(settled) in (0, 1), "the killed one may have begun once more"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_own_process_id_is_not_needed_to_take_over(store: SqliteStateStore, database: Path, clock: FakeClock) -> None:
    """A row of this machine without a locked file is a dead one's, even if its process id is in use again."""
    store.begin()
    host = LockRow(sqlite3.connect(":memory:"), database, "demo", clock)
    write_row(database, host._host, clock.now() + 1_000)
    host._connection.close()
    with store.lock(Holder(ME.who, ME.command, os.getpid(), ME.since), wait_s=0):
        assert [row[1] for row in rows(database)] == [ME.who]


def test_a_workspace_is_held_as_a_whole_only_while_no_project_is_applied(tmp_path: Path) -> None:
    database = tmp_path / "workspace.db"
    with hold_every(database, "amlctl workspace reset"):
        pass  # nothing is there yet, and nothing was made
    assert not list(tmp_path.iterdir())
    for project in ("one", "two"):
        with (
            hold(database, project, Holder("ann@desk", "apply", 1, "noon"), SystemClock(), wait_s=0.0),
            pytest.raises(Locked, match=rf"'{project}' is locked: ann@desk runs 'apply'"),
            hold_every(database, "amlctl workspace reset"),
        ):
            pytest.fail("it must not be had")
    with hold_every(database, "amlctl workspace reset"):
        with (
            pytest.raises(Locked, match="another process"),
            hold(database, "one", Holder("bob@desk", "apply", 2, "noon"), SystemClock(), wait_s=0.0),
        ):
            pytest.fail("it must not be had")
        database.unlink()
