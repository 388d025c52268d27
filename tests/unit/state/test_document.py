"""The state as a document in an object store."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrator.core.errors import Locked, StateError
from orchestrator.core.resource import Removal
from orchestrator.core.run import Verb
from orchestrator.core.state import State
from orchestrator.state import document as module
from orchestrator.state.document import FORMAT, DocumentStateStore
from orchestrator.state.objects import Stored
from tests.unit.execution.simulated import FakeClock
from tests.unit.state.objects import MemoryObjects
from tests.unit.state.records import ME, at, intent, outcome, record

NAME = "amlctl/demo/state.json"


@pytest.fixture
def objects() -> MemoryObjects:
    return MemoryObjects()


def opened(objects: MemoryObjects, project: str = "demo") -> DocumentStateStore:
    return DocumentStateStore(objects, project, FakeClock())


def test_reading_creates_nothing(objects: MemoryObjects) -> None:
    store = opened(objects)
    assert store.load() == State("", 0, {})
    assert store.history(10) == ()
    assert store.recall("seen") is None
    assert not objects.data


def test_what_was_written_is_read_by_another(objects: MemoryObjects) -> None:
    store = opened(objects)
    store.load()
    began = store.begin()
    store.intend([intent("a"), intent("b")])
    kept = record("a", on_removal=Removal.ARCHIVE, protect=True, files={"f": "d"})
    store.settle_all([outcome("a", kept)])
    seen = opened(objects).load()
    assert seen.lineage == began.lineage
    assert seen.serial == 1
    assert seen.applied == {at("a"): kept}
    assert [unfinished.address for unfinished in seen.unfinished] == [at("b")]


def test_of_two_writers_the_second_is_refused_and_nothing_is_lost(objects: MemoryObjects) -> None:
    first, second = opened(objects), opened(objects)
    first.load()
    second.load()
    first.begin()
    with pytest.raises(StateError, match="nothing was overwritten"):
        second.begin()
    first.settle_all([outcome("a", record("a"))])
    assert opened(objects).load().applied.keys() == {at("a")}


def test_a_failed_step_keeps_the_record_and_closes_its_intent(objects: MemoryObjects) -> None:
    store = opened(objects)
    store.begin()
    store.settle_all([outcome("a", record("a"))])
    store.intend([intent("a", Verb.UPDATE)])
    store.settle_all([outcome("a", verb=Verb.UPDATE, outcome="failed", error="no", keep=True)])
    seen = opened(objects).load()
    assert at("a") in seen.applied
    assert seen.unfinished == ()
    assert store.history(1)[0]["error"] == "no"


def test_an_outcome_answers_older_intents_for_its_address(objects: MemoryObjects) -> None:
    store = opened(objects)
    store.begin()
    store.intend([intent("a")])
    again = opened(objects)
    again.load()
    assert len(again.begin().unfinished) == 1
    again.intend([intent("a")])
    again.settle_all([outcome("a", None)])
    assert opened(objects).load().unfinished == ()
    assert [entry["outcome"] for entry in again.history(5)] == ["created", "superseded"]


def test_a_write_is_for_all_outcomes_together(objects: MemoryObjects) -> None:
    store = opened(objects)
    store.begin()
    before = objects.writes
    store.settle_all([outcome(name, record(name)) for name in "abc"])
    assert objects.writes == before + 1


def test_threads_may_write_through_one_store(objects: MemoryObjects) -> None:
    store = opened(objects)
    store.begin()
    names = [f"a{number}" for number in range(20)]
    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(lambda name: store.settle_all([outcome(name, record(name))]), names))
    assert set(opened(objects).load().applied) == {at(name) for name in names}


def test_the_journal_is_bounded_and_keeps_what_is_open(objects: MemoryObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_JOURNAL", 3)
    store = opened(objects)
    store.begin()
    store.intend([intent("open")])
    for number in range(6):
        store.intend([intent(str(number))])
        store.settle_all([outcome(str(number), record(str(number)))])
    steps = [entry["step"] for entry in store.history(100)]
    assert len(steps) == 4
    assert intent("open").step in steps


@pytest.mark.parametrize(
    ("data", "code", "why"),
    [
        (b"{", "state-damaged", "cut off"),
        (b"[]", "state-damaged", "something else"),
        (b"{}", "state-damaged", "no format"),
        (json.dumps({"format": FORMAT}).encode(), "state-damaged", "parts are missing"),
        (json.dumps({"format": FORMAT + 1}).encode(), "state-too-new", "of a newer version"),
        (
            json.dumps({"format": FORMAT, "lineage": "l", "serial": 1, "applied": {"x": {}}, "journal": []}).encode(),
            "state-damaged",
            "a record of another shape",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(objects: MemoryObjects, data: bytes, code: str, why: str) -> None:
    objects.data[NAME] = Stored(data, "1")
    with pytest.raises(StateError) as caught:
        opened(objects).load()
    assert caught.value.code == code, why
    assert objects.data[NAME].data == data, why


def test_notes_are_kept_beside(objects: MemoryObjects) -> None:
    opened(objects).remember("seen", {"a": 1})
    assert opened(objects).recall("seen") == {"a": 1}
    assert opened(objects, "other").recall("seen") is None


def test_one_holder_at_a_time_told_by_name(objects: MemoryObjects) -> None:
    one, two = opened(objects), opened(objects)
    with one.lock(ME, wait_s=0), pytest.raises(Locked, match="ann@laptop runs 'apply'"), two.lock(ME, wait_s=0):
        pass
    with two.lock(ME, wait_s=0), opened(objects, "other").lock(ME, wait_s=0), two.lease("loop", ME):
        pass
    assert objects.leases == {}


def test_a_lock_whose_place_is_gone_ends_quietly(objects: MemoryObjects) -> None:
    store = opened(objects)
    with store.lock(ME, wait_s=0):
        objects.away = True
    with pytest.raises(StateError):
        store.load()
