from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from orchestrator.core.errors import (
    Ambiguous,
    BackendError,
    Cancelled,
    Conflict,
    Denied,
    Failed,
    Invalid,
    NotFound,
    Throttled,
    TimedOut,
    Transient,
)
from orchestrator.core.retry import RetryPolicy
from orchestrator.execution.retry import Retrier
from tests.unit.execution.simulated import FakeCancellation, FakeClock

POLICY = RetryPolicy(attempts=4, base_s=1.0, cap_s=3.0, total_s=100.0)


class Bench:
    """A retrier whose time passes only in its own pauses."""

    def __init__(self, policy: RetryPolicy = POLICY) -> None:
        self.clock = FakeClock()
        self.cancel = FakeCancellation(self.clock)
        self.told: list[str] = []
        self.calls = 0
        self.retrier = Retrier(policy, Random(7), self.clock, self.cancel)

    def run(
        self, *answers: BackendError | str, evidence: Callable[[], str | None] | None = None, lasts_s: float = 0
    ) -> str:
        def effect() -> str:
            self.clock.time += lasts_s
            answer = answers[min(self.calls, len(answers) - 1)]
            self.calls += 1
            if isinstance(answer, BackendError):
                raise answer
            return answer

        return self.retrier.call(effect, self.told.append, evidence)


@pytest.mark.parametrize("error", [NotFound, Conflict, Denied, Invalid, Failed, TimedOut, Cancelled])
def test_what_cannot_get_better_is_not_repeated(error: type[BackendError]) -> None:
    bench = Bench()
    with pytest.raises(error):
        bench.run(error("no"), "ok")
    assert bench.calls == 1
    assert bench.cancel.sleeps == []


@pytest.mark.parametrize("error", [Transient("reset."), Throttled("slow down"), Ambiguous("lost")])
def test_what_may_get_better_is_repeated_and_told(error: BackendError) -> None:
    bench = Bench()
    assert bench.run(error, error, "ok") == "ok"
    assert bench.calls == 3
    assert len(bench.told) == 2
    assert "retrying in" in bench.told[0]


def test_the_number_of_attempts_is_bounded() -> None:
    bench = Bench()
    with pytest.raises(Transient):
        bench.run(Transient("down"))
    assert bench.calls == POLICY.attempts


def test_pauses_grow_with_jitter_up_to_a_cap() -> None:
    bench = Bench(RetryPolicy(attempts=50, base_s=1.0, cap_s=3.0, total_s=1000.0))
    with pytest.raises(Transient):
        bench.run(Transient("down"))
    bounds = [1.0, 2.0] + [3.0] * 47
    assert all(0 <= pause <= bound for pause, bound in zip(bench.cancel.sleeps, bounds, strict=True))
    assert len(set(bench.cancel.sleeps)) == 49
    assert max(bench.cancel.sleeps) > 2.0


def test_the_service_says_how_long_to_wait() -> None:
    bench = Bench()
    assert bench.run(Throttled("429", retry_after=17.0), "ok") == "ok"
    assert bench.cancel.sleeps == [17.0]


def test_nobody_waits_longer_than_the_bound_on_the_whole() -> None:
    bench = Bench()
    with pytest.raises(Throttled):
        bench.run(Throttled("429", retry_after=60.0))
    assert bench.cancel.sleeps == [60.0]


def test_a_hiccup_after_hours_of_waiting_starts_a_new_row() -> None:
    bench = Bench()
    hiccups = [Transient("reset")] * 10
    assert bench.run(*hiccups, "done", lasts_s=500.0) == "done"


def test_stopping_ends_a_pause() -> None:
    bench = Bench()
    bench.cancel.abort()
    with pytest.raises(Cancelled):
        bench.run(Transient("down"), "ok")
    assert bench.calls == 1


def test_a_lost_answer_is_looked_up_before_anything_is_repeated() -> None:
    bench = Bench()
    assert bench.run(Ambiguous("lost"), "twice", evidence=lambda: "happened") == "happened"
    assert bench.calls == 1
    assert bench.cancel.sleeps == []


def test_what_did_not_happen_is_repeated() -> None:
    bench = Bench()
    assert bench.run(Ambiguous("lost"), "second", evidence=lambda: None) == "second"
    assert bench.calls == 2


def test_looking_is_repeated_too() -> None:
    bench = Bench()
    answers: list[BackendError | str] = [Transient("reset"), Ambiguous("lost"), "happened"]

    def look() -> str:
        answer = answers.pop(0)
        if isinstance(answer, BackendError):
            raise answer
        return answer

    assert bench.run(Ambiguous("lost"), "twice", evidence=look) == "happened"
    assert bench.calls == 1


def test_other_failures_are_not_looked_up() -> None:
    bench = Bench()
    looked: list[str] = []

    def look() -> None:
        looked.append("looked")

    assert bench.run(Transient("reset"), "ok", evidence=look) == "ok"
    assert looked == []
