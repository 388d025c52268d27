"""What the tests of endpoints said is kept while an apply goes on, and what cannot be kept stops nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.errors import StateError
from orchestrator.core.gate_results import NOTE, results_of
from orchestrator.core.ports import SystemClock
from orchestrator.core.run import CheckResult, Event, EventKind, Outcome, StepResult
from orchestrator.engine.gates import GateKeeper
from orchestrator.state.sqlite import SqliteStateStore

BLUE = Address("online_endpoints", "hf", "deployments.blue")
TRAFFIC = Address("online_endpoints", "hf", "traffic")


class At(SystemClock):
    def now(self) -> float:
        return 1_700_000_000.0


def finished(address: Address, problem: str) -> Event:
    answer = CheckResult(name="one", url="http://x", deployment="blue", status=200, body="{}", problem=problem)
    outcome = Outcome.FAILED if problem else Outcome.CREATED
    return Event(
        kind=EventKind.FINISHED, address=address, result=StepResult(address, outcome, answers=(answer,), error=problem)
    )


def test_the_last_result_of_each_test_is_kept(tmp_path: Path) -> None:
    store, heard = SqliteStateStore(tmp_path / "workspace.db", "demo", At()), list[Event]()
    keeper = GateKeeper(store, At(), heard.append)
    events = [finished(BLUE, "expected 1, got 2"), finished(TRAFFIC, ""), finished(BLUE, "")]
    started = Event(kind=EventKind.STARTED, address=BLUE)
    for event in (started, *events):
        keeper(event)
        if event is events[0]:
            assert [each.problem for each in results_of(store.recall(NOTE), BLUE)] == ["expected 1, got 2"]
    assert heard == [started, *events]
    found = results_of(store.recall(NOTE), BLUE)
    assert [(each.name, each.deployment, each.status, each.problem, each.at) for each in found] == [
        ("one", "blue", 200, "", "2023-11-14T22:13:20+00:00")
    ]
    assert [each.problem for each in results_of(store.recall(NOTE), TRAFFIC)] == [""]
    store.close()


def test_results_that_cannot_be_kept_stop_nothing() -> None:
    class Broken:
        def recall(self, name: str) -> None:
            return None

        def remember(self, name: str, document: object) -> None:
            raise StateError("The disk is full.")

    heard: list[Event] = []
    keeper: Any = GateKeeper(Broken(), At(), heard.append)  # type: ignore[arg-type]
    event = finished(BLUE, "")
    keeper(event)
    assert [each.kind for each in heard] == [EventKind.NOTICE, EventKind.FINISHED]
    assert "The disk is full." in heard[0].message


def test_documents_of_others_are_read_as_far_as_they_go() -> None:
    for note in (None, {}, {str(BLUE): "x"}, {str(BLUE): ["x", 1]}):
        assert results_of(note, BLUE) == []
    assert results_of({str(BLUE): [{}]}, BLUE)[0].name == ""
