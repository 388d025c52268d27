from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from orchestrator.core.address import Address
from orchestrator.core.errors import Cancelled, Denied, StateError
from orchestrator.core.ports import Cancellation, Progress
from orchestrator.core.run import Event, EventKind, Outcome
from orchestrator.core.state import Intent, StateChange
from orchestrator.execution.walk import CHUNK, REFILL
from tests.unit.execution.bench import Bench
from tests.unit.execution.plans import Row, at, row
from tests.unit.execution.simulated import Call, Crash, Faults, MemoryStore, fail_once

E, F = "online_endpoints.e", "online_endpoints.f"


def test_independent_steps_run_at_the_same_time_up_to_the_bound() -> None:
    bench = Bench(parallelism=3)
    together = threading.Barrier(3, timeout=20)
    bench.backend.waiting = lambda address, cancel, progress: together.wait() and None
    rows = [row("run", f"jobs.j{number}", after="j") for number in range(6)]
    assert set(bench.outcomes(*rows).values()) == {"ran"}


def test_no_more_than_the_bound() -> None:
    bench = Bench(parallelism=2)
    lock, running, most = threading.Lock(), [0], [0]

    def busy(address: Address, cancel: Cancellation, progress: Progress) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.002)
        with lock:
            running[0] -= 1

    bench.backend.waiting = busy
    bench.apply(*(row("run", f"jobs.j{number}", after="j") for number in range(20)))
    assert most[0] <= 2


def test_one_endpoint_takes_one_operation_at_a_time_and_two_endpoints_two() -> None:
    bench = Bench(parallelism=8)
    meeting = threading.Barrier(2, timeout=20)

    def meet(address: Address, cancel: Cancellation, progress: Progress) -> None:
        if address.leaf == "d0":
            meeting.wait()

    bench.backend.waiting = meet
    rows = [row("create", f"{each}.deployments.d{number}") for each in (E, F) for number in range(5)]
    rows += [row("create", E), row("create", F), row("create", f"{E}.traffic"), row("create", f"{F}.traffic")]
    assert set(bench.outcomes(*rows).values()) == {"created"}
    assert bench.backend.overlaps == []


def test_a_failed_step_lets_go_of_its_queue() -> None:
    bench = Bench(Faults(before=fail_once(Denied("no"), "create", f"{E}.deployments.d0")), parallelism=8)
    outcomes = bench.outcomes(*(row("create", f"{E}.deployments.d{number}") for number in range(4)))
    assert sorted(outcomes.values()) == ["created", "created", "created", "failed"]


def test_a_step_whose_endpoint_is_busy_waits_for_its_turn() -> None:
    """The job is done while the first deployment is still being made; the second one is then ready, but not to start."""
    bench = Bench(parallelism=4)
    ran = threading.Event()

    def wait(address: Address, cancel: Cancellation, progress: Progress) -> None:
        if address.leaf == "first":
            ran.wait(20)

    bench.backend.waiting = wait
    bench.options = replace(bench.options, listener=lambda event: _set_once_finished(event, "jobs.j", ran))
    first, second = f"{E}.deployments.first", f"{E}.deployments.second"
    assert set(bench.outcomes(row("create", first), row("run", "jobs.j", after="j"), row("create", second, "jobs.j")).values()) == {
        "created", "ran",
    }  # fmt: skip
    assert bench.backend.overlaps == []


def _set_once_finished(event: Event, address: str, flag: threading.Event) -> None:
    if event.kind is EventKind.FINISHED and str(event.address) == address:
        flag.set()


def test_what_two_failures_would_skip_is_skipped_once() -> None:
    bench = Bench(Faults(before=fail_once(Denied("no"), "create", times=2)))
    rows = [row("create", "compute.a"), row("create", "compute.b"), row("run", "jobs.j", "compute.a compute.b")]
    rows += [row("revise", "models.m", "compute.a jobs.j")]
    outcomes = bench.outcomes(*rows)
    assert outcomes == {"compute.a": "failed", "compute.b": "failed", "jobs.j": "skipped", "models.m": "skipped"}
    assert len([event for event in bench.events if event.kind is EventKind.FINISHED]) == 4


class WatchingStore(MemoryStore):
    """Notes what was durable when each backend call began."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(faults)
        self.batches: list[tuple[str, int]] = []
        self.broken = ""

    def intend(self, intents: Sequence[Intent]) -> None:
        if self.broken == "intend":
            raise StateError("disk full")
        self.batches.append(("intend", len(intents)))
        super().intend(intents)

    def settle_all(self, changes: Sequence[StateChange]) -> None:
        if self.broken == "settle":
            raise StateError("disk full")
        self.batches.append(("settle", len(changes)))
        super().settle_all(changes)


def chain(length: int) -> list[Row]:
    return [row("create", f"compute.c{number}", f"compute.c{number - 1}" if number else "") for number in range(length)]


def test_an_outcome_is_durable_before_anything_that_depends_on_it_starts() -> None:
    problems: list[str] = []

    def look(call: Call) -> None:
        if call.verb != "create" or call.address is None:
            return
        number = int(call.address.name[1:])
        journal = bench.journal()
        if journal.get(f"create compute.c{number}", "missing") is not None:
            problems.append(f"no intent before {call}")
        if number and journal.get(f"create compute.c{number - 1}") != "created":
            problems.append(f"outcome not durable before {call}")

    bench = Bench(Faults(before=look))
    assert set(bench.outcomes(*chain(12)).values()) == {"created"}
    assert problems == []


def test_independent_steps_share_syncs() -> None:
    bench = Bench(parallelism=8)
    store = WatchingStore(bench.faults)
    bench.store = store
    number = 1_000
    bench.apply(*(row("create", f"compute.c{each}") for each in range(number)))
    intents = [size for kind, size in store.batches if kind == "intend"]
    assert sum(intents) == number
    assert max(intents) <= CHUNK
    assert len(intents) <= number / (CHUNK - REFILL) + 1
    assert sum(size for kind, size in store.batches if kind == "settle") == number


def test_one_intent_write_for_all_that_is_ready() -> None:
    bench = Bench()
    store = WatchingStore(bench.faults)
    bench.store = store
    bench.apply(*(row("create", f"compute.c{each}") for each in range(20)))
    assert [size for kind, size in store.batches if kind == "intend"] == [20]


@pytest.mark.parametrize("seed", range(8))
def test_any_graph_is_walked_in_order(seed: int) -> None:
    random = Random(seed)
    rows = []
    for number in range(60):
        needs = " ".join(f"compute.c{random.randrange(number)}" for _ in range(random.randrange(3)) if number)
        rows.append(row("create", f"compute.c{number}", needs))
    bench = Bench(parallelism=5)
    assert set(bench.outcomes(*rows).values()) == {"created"}
    done = [call.split()[1] for call in bench.calls()]
    for change, _ in rows:
        assert all(done.index(str(needed)) < done.index(str(change.address)) for needed in change.depends_on)


def test_the_first_wish_to_stop_lets_what_runs_finish_and_starts_nothing_new() -> None:
    bench = Bench(parallelism=1)
    bench.backend.waiting = lambda address, cancel, progress: cancel.drain()
    report = bench.apply(
        *(row("run", f"jobs.j{number}", after="j") for number in range(5)), row("revise", "models.m", "jobs.j0")
    )
    outcomes = [result.outcome for result in report.results]
    assert outcomes.count(Outcome.RAN) == 1
    assert outcomes.count(Outcome.CANCELLED) == 5
    assert report.interrupted
    assert len(bench.store.applied) == 1
    assert None not in bench.journal().values(), "what never started leaves no open intent"


def test_stopping_before_anything_started() -> None:
    bench = Bench()
    bench.cancel.drain()
    report = bench.apply(row("create", "compute.c"))
    assert report.results[0].outcome is Outcome.CANCELLED
    assert bench.calls() == []


def test_a_wish_to_stop_that_changed_nothing_is_no_interruption() -> None:
    bench = Bench()
    bench.backend.waiting = lambda address, cancel, progress: cancel.drain()
    assert not bench.apply(row("run", "jobs.j", after="j")).interrupted


def test_the_second_wish_stops_waiting() -> None:
    bench = Bench()

    def stop(address: Address, cancel: Cancellation, progress: Progress) -> None:
        cancel.abort()
        raise Cancelled("Stopped waiting.")

    bench.backend.waiting = stop
    report = bench.apply(row("run", "jobs.j", after="j"), row("revise", "models.m", "jobs.j", after="1"))
    assert [result.outcome for result in report.results] == [Outcome.LEFT_RUNNING, Outcome.CANCELLED]
    assert "jobs.j was left running" in report.results[1].error
    assert bench.journal() == {"run jobs.j": "left-running"}


def test_a_call_that_never_returns_does_not_keep_a_person_waiting() -> None:
    bench = Bench()
    release, waiting = threading.Event(), threading.Event()

    def hang(address: Address, cancel: Cancellation, progress: Progress) -> None:
        waiting.set()
        release.wait(60)

    def abort_once_it_hangs() -> None:
        waiting.wait(20)
        bench.cancel.abort()
        bench.clock.time += 1

    bench.backend.waiting = hang
    person = threading.Thread(target=abort_once_it_hangs)
    person.start()
    # Time goes on by itself: every look at the clock is a moment later.
    bench.clock.monotonic = lambda: setattr(bench.clock, "time", bench.clock.time + 1) or bench.clock.time  # type: ignore[method-assign]
    report = bench.apply(row("run", "jobs.j", after="j"), row("revise", "models.m", "jobs.j", after="1"))
    person.join()
    release.set()
    errors = [result.error for result in report.results]
    assert errors == [
        "It continues in the workspace; the next apply resumes it.",
        "Not started: interrupted.",
    ]
    assert bench.journal() == {"run jobs.j": None}, "nobody knows how it ended: the intent stays open"


@pytest.mark.parametrize("broken", ["intend", "settle"])
def test_a_state_that_cannot_be_written_stops_everything(broken: str) -> None:
    bench = Bench()
    store = WatchingStore(bench.faults)
    bench.store = store
    store.broken = broken
    with pytest.raises(StateError, match="disk full"):
        bench.apply(*chain(5))
    assert len(bench.backend.objects) == (0 if broken == "intend" else 1)


def test_a_defect_of_a_backend_comes_out_after_the_others_were_recorded() -> None:
    started = threading.Event()

    def defect(call: Call) -> BaseException | None:
        if call.verb == "create" and call.address == at("compute.bad"):
            started.set()
            return ValueError("a defect")
        return None

    bench = Bench(Faults(before=defect), parallelism=2)
    bench.backend.waiting = lambda address, cancel, progress: started.wait(20) and None
    with pytest.raises(ValueError, match="a defect"):
        bench.apply(row("run", "jobs.j", after="j"), row("create", "compute.bad"), row("run", "jobs.k", "compute.bad"))
    assert bench.journal() == {"create compute.bad": None, "run jobs.j": "ran"}


def test_dying_is_not_caught() -> None:
    bench = Bench(Faults(crash_at=3), parallelism=1)
    with pytest.raises(Crash):
        bench.apply(*chain(3))


def test_each_step_is_told_once_when_it_starts_and_once_when_it_is_over() -> None:
    bench = Bench()
    bench.apply(row("replace", "compute.c", recorded=""), row("run", "jobs.j", "compute.c", after="j"))

    def steps(kind: EventKind) -> list[str]:
        return sorted(f"{event.verb} {event.address}" for event in bench.events if event.kind is kind)

    expected = ["create compute.c", "delete compute.c", "run jobs.j"]
    assert steps(EventKind.STARTED) == steps(EventKind.FINISHED) == expected


def test_finished_is_told_after_it_is_durable() -> None:
    bench = Bench()
    early: list[Event] = []

    def listen(event: Event) -> None:
        if event.kind is EventKind.FINISHED and event.address not in bench.store.applied:
            early.append(event)

    bench.listen = listen  # type: ignore[method-assign]
    bench.options = replace(bench.options, listener=listen)
    bench.apply(*chain(4))
    assert early == []
