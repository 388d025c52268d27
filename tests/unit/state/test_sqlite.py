from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from pathlib import Path
from random import Random

import pytest

import orchestrator.state.sqlite as module
from orchestrator.core.errors import StateError
from orchestrator.core.resource import Removal
from orchestrator.core.run import Verb
from orchestrator.core.state import State
from orchestrator.state.database import FORMAT, telling
from orchestrator.state.sqlite import SqliteStateStore
from tests.unit.execution.simulated import FakeClock
from tests.unit.state.records import ME, at, intent, outcome, record

Open = Callable[..., SqliteStateStore]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "workspace.db"


@pytest.fixture
def opened(database: Path) -> Iterator[Open]:
    stores: list[SqliteStateStore] = []

    def open_(project: str = "demo") -> SqliteStateStore:
        stores.append(SqliteStateStore(database, project, FakeClock()))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


def test_reading_creates_nothing(database: Path, opened: Open) -> None:
    store = opened()
    assert store.load() == State("", 0, {})
    assert store.history(10) == ()
    assert not database.parent.exists()


def test_a_workspace_without_a_state_has_an_empty_one(database: Path, opened: Open) -> None:
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as other:
        other.execute("CREATE TABLE records (x)")
    assert opened().load() == State("", 0, {})
    with closing(sqlite3.connect(database)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("records",)]


def test_what_was_written_is_read_by_another(opened: Open) -> None:
    store = opened()
    begun = store.begin()
    store.intend([intent("a"), intent("b"), intent("c")])
    full = record(
        "a", revision="7", depends_on=frozenset({at("b")}), files={"x": "1"}, upstream={"data.b": "2"}, duration_s=1.5,
        on_removal=Removal.KEEP, protect=True,
    )  # fmt: skip
    store.settle_all([outcome("a", full)])
    store.settle_all([outcome("b", record("b", tainted=True), outcome="failed", error="no")])
    read = opened().load()
    assert (read.lineage, read.serial) == (begun.lineage, 1)
    assert read.applied == {at("a"): full, at("b"): record("b", tainted=True)}
    assert read.unfinished == (intent("c"),)


def test_the_folder_and_its_files_are_the_owners_alone(database: Path, opened: Open) -> None:
    store = opened()
    with store.lock(ME, wait_s=0):
        store.begin()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in database.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700


def test_the_lineage_stays_and_the_serial_grows(opened: Open) -> None:
    first = opened().begin()
    second = opened().begin()
    assert (first.serial, second.serial) == (1, 2)
    assert first.lineage == second.lineage != ""
    assert len(first.lineage) == 32


def test_two_projects_do_not_see_each_other(opened: Open) -> None:
    one, two = opened("one"), opened("two")
    assert one.begin().lineage != two.begin().lineage
    for store in (one, two):
        store.intend([intent("a")])
    one.settle_all([outcome("a", record("a"))])
    assert one.load().unfinished == ()
    assert two.load().unfinished == (intent("a"),)
    assert two.load().applied == {}
    assert [entry["outcome"] for entry in two.history(9)] == [None]


def test_records_go_stay_and_come(opened: Open) -> None:
    store = opened()
    store.begin()
    store.settle_all([outcome(name, record(name)) for name in "abc"])
    store.settle_all([
        outcome("a", None, outcome="deleted"),
        outcome("b", None, outcome="failed", keep=True),
        outcome("c", record("c", revision="2")),
    ])  # fmt: skip
    assert store.load().applied == {at("b"): record("b"), at("c"): record("c", revision="2")}


def test_an_open_intent_waits_for_an_outcome_of_its_address(opened: Open) -> None:
    first = opened()
    first.begin()
    first.intend([intent("a"), intent("b"), intent("c")])
    second = opened()
    assert second.begin().unfinished == (intent("a"), intent("b"), intent("c"))
    second.intend([intent("a", Verb.UPDATE), intent("b")])
    assert len(second.load().unfinished) == 5, "a second death would lose nothing"
    second.settle_all([outcome("a", record("a"), verb=Verb.UPDATE, outcome="updated")])
    second.settle_all([outcome("b", keep=True, outcome="failed")])
    assert [(entry["step"], entry["outcome"]) for entry in second.history(9)] == [
        ("create data.b", "failed"),
        ("update data.a", "updated"),
        ("create data.c", None),
        ("create data.b", None),
        ("create data.a", "superseded"),
    ]


def test_the_journal_keeps_the_last_applies_and_what_is_open(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_APPLIES", 3)
    other = opened("other")
    other.begin()
    other.intend([intent("theirs")])
    other.settle_all([outcome("theirs", record("theirs"))])
    store = opened()
    for number in range(6):
        store.begin()
        names = [f"{number}", f"{number}-more"]
        store.intend([intent(name) for name in (*names, *(["open"] if number == 0 else []))])
        store.settle_all([outcome(name, record(name)) for name in names])
    found = store.history(100)
    assert [entry["serial"] for entry in found] == [6, 6, 5, 5, 4, 4, 1]
    assert [entry["outcome"] for entry in found if entry["serial"] == 1] == [None]
    assert len(other.history(100)) == 1
    assert {entry.step for entry in store.begin().unfinished} == {intent("open").step}


def test_history_is_newest_first_and_bounded(opened: Open) -> None:
    store = opened()
    store.begin()
    store.intend([intent(name) for name in "abc"])
    store.settle_all([outcome("c", keep=True, outcome="failed", error="no room")])
    newest, before = store.history(2)
    assert newest == {
        "serial": 1,
        "step": "create data.c",
        "address": "data.c",
        "verb": "create",
        "key": "key of c",
        "revision": "1",
        "intended": "1970-01-01T00:16:40.000+00:00",
        "outcome": "failed",
        "error": "no room",
        "settled": "1970-01-01T00:16:40.000+00:00",
    }
    assert (before["step"], before["outcome"], before["settled"]) == ("create data.b", None, None)


def test_the_second_of_two_applies_is_refused(opened: Open) -> None:
    one, two = opened(), opened()
    one.load()
    two.load()
    one.begin()
    with pytest.raises(StateError) as error:
        two.begin()
    assert error.value.code == "state-moved-on"
    assert opened().load().serial == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.intend([intent("a")]),
        lambda store: store.settle_all([outcome("a", record("a"))]),
        lambda store: store.settle_all([outcome("a", record("a"))]),
    ],
)
def test_a_writer_who_was_overtaken_changes_nothing(opened: Open, write: Callable[[SqliteStateStore], None]) -> None:
    one, two = opened(), opened()
    one.begin()
    two.begin()
    with pytest.raises(StateError) as error:
        write(one)
    assert error.value.code == "state-moved-on"
    assert error.value.fix
    assert two.load().applied == {}
    two.settle_all([outcome("a", record("a"))])


def test_nobody_writes_before_beginning(opened: Open) -> None:
    with pytest.raises(StateError):
        opened().intend([intent("a")])


def test_what_another_wrote_between_reading_and_beginning_is_noticed(opened: Open) -> None:
    """The serial alone would not tell: it was raised before the other's last outcome."""
    other, store = opened(), opened()
    other.begin()
    store.load()
    other.settle_all([outcome("a", record("a"))])
    with pytest.raises(StateError):
        store.begin()


def test_beginning_after_reading_decodes_nothing_twice(opened: Open) -> None:
    opened_first = opened()
    opened_first.begin()
    opened_first.settle_all([outcome("a", record("a"))])
    store = opened()
    assert store.begin().applied == {at("a"): record("a")}, "without reading first"
    again = opened()
    loaded = again.load()
    assert again.begin().applied is loaded.applied


def test_a_transaction_is_for_all_outcomes_together(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened()
    store.begin()
    transactions: list[sqlite3.Connection] = []
    real = module.transaction

    def counted(connection: sqlite3.Connection) -> AbstractContextManager[None]:
        transactions.append(connection)
        return real(connection)

    monkeypatch.setattr(module, "transaction", counted)
    store.settle_all([outcome(name, record(name)) for name in "abc"])
    assert len(transactions) == 1


def test_threads_may_write_through_one_store(opened: Open) -> None:
    store = opened()
    store.begin()
    names = [f"a{number}" for number in range(12)]
    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(lambda name: store.settle_all([outcome(name, record(name))]), names))
    assert set(store.load().applied) == {at(name) for name in names}


def test_a_failed_write_leaves_nothing_behind(opened: Open) -> None:
    store = opened()
    store.begin()
    unwritable = record("b", files={"x": float("nan")})  # JSON has no such number
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.settle_all([outcome("a", record("a")), outcome("b", unwritable)])
    assert store.load().applied == {}
    store.settle_all([outcome("a", record("a"))])
    assert set(store.load().applied) == {at("a")}


def test_a_newer_format_is_refused_with_what_to_do(database: Path, opened: Open) -> None:
    opened().begin()
    with closing(sqlite3.connect(database)) as other:
        other.execute("UPDATE state_format SET format = ?", (FORMAT + 1,))
        other.commit()
    for use in (opened().load, opened().begin, lambda: opened().history(1)):
        with pytest.raises(StateError) as error:
            use()
        assert error.value.code == "state-too-new"
        assert "later" in error.value.fix


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE state_applied SET body = 'no JSON'",
        "UPDATE state_applied SET body = '[]'",
        "UPDATE state_applied SET body = '1,2'",
        "UPDATE state_applied SET body = x'ff'",
        "UPDATE state_applied SET address = 'nonsense'",
        "UPDATE state_journal SET address = 'nonsense'",
        "UPDATE state_journal SET verb = 'explode'",
        "DELETE FROM state_format",
    ],
)
def test_damaged_rows_are_told_not_raised(database: Path, opened: Open, damage: str) -> None:
    store = opened()
    store.begin()
    store.intend([intent("a"), intent("b")])
    store.settle_all([outcome("a", record("a"))])
    with closing(sqlite3.connect(database)) as other:
        other.execute(damage)
        other.commit()
    with pytest.raises(StateError) as error:
        opened().load()
    assert error.value.code == "state-damaged"
    assert error.value.fix


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\x00" * 5_000])
def test_a_file_that_is_no_database_is_told(database: Path, opened: Open, content: bytes) -> None:
    database.parent.mkdir()
    database.write_bytes(content)
    for use in (opened().load, opened().begin, lambda: opened().history(1)):
        with pytest.raises(StateError) as error:
            use()
        assert str(database) in error.value.detail


@pytest.mark.parametrize("seed", range(4))
def test_every_torn_database_is_told_or_read(database: Path, opened: Open, seed: int) -> None:
    random = Random(seed)
    store = opened()
    store.begin()
    store.settle_all([outcome(f"a{number}", record(f"a{number}")) for number in range(300)])
    store.close()
    whole = database.read_bytes()
    for position in range(0, len(whole), max(1, len(whole) // 40)):
        database.write_bytes(whole[:position] + random.randbytes(64) + whole[position + 64 :])
        try:
            opened().load()
        except StateError as error:
            assert error.code in ("state-damaged", "state-unusable", "state-too-new")


def test_a_folder_where_nobody_may_write_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    store = SqliteStateStore(blocked / "workspace.db", "demo", FakeClock())
    with pytest.raises(StateError) as error:
        store.begin()
    assert error.value.code == "state-unusable"
    assert error.value.fix


def test_a_message_that_is_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateError) as error, telling(tmp_path):
        b"\xff".decode()
    assert error.value.code == "state-damaged"


def test_closing_twice_does_no_harm_and_writing_opens_again(opened: Open) -> None:
    store = opened()
    store.begin()
    store.close()
    store.close()
    store.settle_all([outcome("a", record("a"))])
    assert set(store.load().applied) == {at("a")}
