from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.reconcile.outcome import PassFacts, PassOutcome, Waiting
from orchestrator.reconcile.policy import Backoff, Policy
from orchestrator.reconcile.schedule import STANDBY_S, ProjectSchedule, decide_next, pause_after
from orchestrator.reconcile.switches import Hold

NEVER = float("inf")


def test_the_longest_overdue_start_first_up_to_the_bound() -> None:
    projects = [
        ProjectSchedule("a", 5.0),
        ProjectSchedule("b", 3.0),
        ProjectSchedule("c", 4.0),
        ProjectSchedule("d", 20.0),
        ProjectSchedule("e", NEVER),
    ]
    decision = decide_next(projects, 10.0, 2)
    assert decision.start == ("b", "c")
    assert decision.until == 20.0


def test_busy_projects_count_and_never_start_again() -> None:
    projects = [ProjectSchedule("a", 0.0, busy=True), ProjectSchedule("b", 0.0), ProjectSchedule("c", 0.0)]
    assert decide_next(projects, 1.0, 2).start == ("b",)
    assert decide_next(projects, 1.0, 1).start == ()


@pytest.mark.parametrize(
    ("base", "blocked", "why"),
    [
        (ProjectSchedule("base", 50.0, ready=True), False, "it is ready"),
        (ProjectSchedule("base", 50.0), True, "it is not ready"),
        (ProjectSchedule("base", 5.0, ready=True), True, "it is due itself, and may bring news"),
        (ProjectSchedule("base", 50.0, ready=True, busy=True), True, "it is being changed"),
        (ProjectSchedule("base", NEVER, ready=True), False, "it rests, and was ready"),
    ],
)
def test_a_project_waits_for_those_it_depends_on(base: ProjectSchedule, blocked: bool, why: str) -> None:
    decision = decide_next([ProjectSchedule("upper", 1.0, depends_on=("base",)), base], 10.0, 4)
    assert ("upper" in decision.blocked) is blocked, why
    assert ("upper" in decision.start) is not blocked, why


def test_a_blocked_project_does_not_make_the_loop_spin() -> None:
    decision = decide_next(
        [ProjectSchedule("upper", 1.0, depends_on=("base",)), ProjectSchedule("base", NEVER)], 10.0, 4
    )
    assert decision.until is None


POLICY = Policy(interval_s=100.0, jitter_s=10.0, backoff=Backoff(40.0, 1000.0))
FACTS = PassFacts("id", "interval", 0.0, 1.0, PassOutcome.CLEAN)
HELD = (Waiting("data.a", "update", "frozen", Hold.FROZEN),)


@pytest.mark.parametrize(
    ("facts", "failures", "expected", "why"),
    [
        (FACTS, 0, 105.0, "the interval and half of the jitter"),
        (replace(FACTS, outcome=PassOutcome.FAILED), 1, 1.0, "one automatic retry"),
        (replace(FACTS, outcome=PassOutcome.FAILED), 2, 40.0, "then the back-off"),
        (replace(FACTS, outcome=PassOutcome.FAILED), 6, 105.0, "but the source is looked at as often as ever"),
        (replace(FACTS, outcome=PassOutcome.BACKED_OFF, retry_in_s=70.0), 6, 70.0, "and tried when its time has come"),
        (
            replace(FACTS, outcome=PassOutcome.PENDING, retry_in_s=30.0),
            0,
            30.0,
            "a drift is looked at after its debounce",
        ),
        (
            replace(FACTS, outcome=PassOutcome.PENDING, waiting=HELD, frozen_until=1060.0),
            0,
            60.0,
            "the end of a freeze",
        ),
        (replace(FACTS, frozen_until=1060.0), 0, 105.0, "a freeze that holds nothing is no reason"),
        (replace(FACTS, outcome=PassOutcome.INTERRUPTED), 0, 0.0, "the newer revision is next"),
        (replace(FACTS, outcome=PassOutcome.STANDING_BY), 0, STANDBY_S, "is the other loop dead?"),
        (replace(FACTS, outcome=PassOutcome.SUSPENDED), 0, NEVER, "until somebody resumes it"),
    ],
)
def test_the_pause_after_a_pass(facts: PassFacts, failures: int, expected: float, why: str) -> None:
    assert pause_after(facts, failures, POLICY, 1000.0, 0.5) == expected, why
