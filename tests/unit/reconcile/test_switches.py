from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change, FieldChange
from orchestrator.core.plan import Plan, PlanBase
from orchestrator.core.reason import Cause, Reason
from orchestrator.reconcile.policy import Backoff, Override, Policy
from orchestrator.reconcile.switches import Circumstances, Hold, held_back, is_drift

FIELD = FieldChange(
    path=("size",), applied="a", desired="a", observed="b", action=Action.UPDATE, reason=Reason(Cause.DRIFT)
)
WISH = FieldChange(
    path=("tags",), applied="a", desired="b", observed="a", action=Action.UPDATE, reason=Reason(Cause.CHANGED)
)


def change(name: str, action: Action = Action.UPDATE, *needs: str, drift: bool = False) -> Change:
    fields = (FIELD,) if drift else ()
    depends_on = frozenset(map(Address.parse, needs))
    return Change(
        address=Address.parse(name),
        action=action,
        reasons=(Reason(Cause.DRIFT if drift else Cause.CHANGED),),
        fields=fields,
        depends_on=depends_on,
        drift=drift,
    )


def reasons(policy: Policy, *changes: Change, frozen: str = "", age: float = 0.0) -> dict[str, Hold]:
    plan = Plan(project="p", target="", base=PlanBase("", 0, "", ""), changes=changes)
    ages = {one.address: age for one in changes}
    return {str(a): held.why for a, held in held_back(plan, policy, Circumstances(frozen, ages)).items()}


DRIFT = change("compute.a", drift=True)
WISHED = change("compute.a")
GONE = change("compute.a", Action.DELETE)
FORGOTTEN = change("compute.a", Action.FORGET)


@pytest.mark.parametrize(
    ("policy", "one", "age", "expected", "why"),
    [
        (Policy(), WISHED, 0, None, "what the spec wants is done"),
        (Policy(auto_apply=False), WISHED, 0, Hold.OBSERVE_ONLY, "observe-only changes nothing"),
        (Policy(auto_apply=False), DRIFT, 99, Hold.OBSERVE_ONLY, "and heals nothing"),
        (Policy(auto_apply=False, prune=True), GONE, 0, Hold.OBSERVE_ONLY, "and removes nothing"),
        (Policy(), DRIFT, 29, Hold.DEBOUNCE, "drift must last"),
        (Policy(), DRIFT, 30, None, "for as long as the debounce"),
        (Policy(debounce_s=0), DRIFT, 0, None, "no debounce heals at once"),
        (Policy(self_heal=False), DRIFT, 99, Hold.SELF_HEAL_OFF, "drift is only reported"),
        (Policy(self_heal=False), WISHED, 0, None, "self-heal is about drift alone"),
        (Policy(), GONE, 0, Hold.PRUNE_OFF, "prune is off by default"),
        (Policy(), FORGOTTEN, 0, Hold.PRUNE_OFF, "forgetting is pruning too"),
        (Policy(prune=True), GONE, 0, None, "asked for"),
        (Policy(prune=True, max_deletions=0), GONE, 0, Hold.TOO_MANY_DELETIONS, "a bound of none"),
        (Policy(prune=True, max_deletions=0), FORGOTTEN, 0, None, "forgetting deletes nothing"),
        (Policy(overrides=(Override("compute.*", auto_apply=False),)), WISHED, 0, Hold.OBSERVE_ONLY, "by a glob"),
        (
            Policy(overrides=(Override("compute.*", auto_apply=False), Override("compute.a", auto_apply=True))),
            WISHED,
            0,
            None,
            "the last that matches counts",
        ),
        (
            Policy(overrides=(Override("compute.a", auto_apply=False), Override("compute.a", prune=True))),
            WISHED,
            0,
            Hold.OBSERVE_ONLY,
            "a switch that is not said does not count",
        ),
        (Policy(prune=True, overrides=(Override("*", prune=False),)), GONE, 0, Hold.PRUNE_OFF, "prune by resource"),
    ],
)
def test_what_is_held_back(policy: Policy, one: Change, age: float, expected: Hold | None, why: str) -> None:
    assert reasons(policy, one, age=age).get("compute.a") is expected, why


def test_a_freeze_holds_everything_that_would_happen() -> None:
    changes = (change("data.a"), change("data.b", drift=True), change("data.c", Action.DELETE))
    assert set(reasons(Policy(prune=True), *changes, frozen="frozen", age=99).values()) == {Hold.FROZEN}


def test_too_many_deletions_hold_all_of_them_and_nothing_else() -> None:
    gone = [change(f"data.d{number}", Action.DELETE) for number in range(3)]
    held = reasons(Policy(prune=True, max_deletions=2), *gone, change("data.new", Action.CREATE))
    assert held == {f"data.d{number}": Hold.TOO_MANY_DELETIONS for number in range(3)}
    assert reasons(Policy(prune=True, max_deletions=3), *gone) == {}
    assert reasons(Policy(prune=True, max_deletions=None), *gone) == {}


def test_what_needs_something_held_waits_for_it() -> None:
    policy = Policy(overrides=(Override("data.a", auto_apply=False),))
    chain = (change("data.a"), change("jobs.b", Action.RUN, "data.a"), change("models.c", Action.REVISE, "jobs.b"))
    assert reasons(policy, *chain, change("data.other")) == {
        "data.a": Hold.OBSERVE_ONLY,
        "jobs.b": Hold.UPSTREAM,
        "models.c": Hold.UPSTREAM,
    }


def test_a_deployment_stays_while_the_traffic_of_its_endpoint_is_held() -> None:
    policy = Policy(prune=True, overrides=(Override("online_endpoints.e.traffic", auto_apply=False),))
    traffic = change("online_endpoints.e.traffic")
    gone = change("online_endpoints.e.deployments.old", Action.DELETE)
    elsewhere = change("online_endpoints.f.deployments.old", Action.DELETE)
    assert reasons(policy, traffic, gone, elsewhere) == {
        "online_endpoints.e.traffic": Hold.OBSERVE_ONLY,
        "online_endpoints.e.deployments.old": Hold.UPSTREAM,
    }


def test_a_wish_beside_a_drift_is_a_wish() -> None:
    both = replace(WISHED, fields=(FIELD, WISH), drift=True)
    assert not is_drift(both)
    assert is_drift(DRIFT)
    assert is_drift(replace(DRIFT, action=Action.CREATE, reasons=(Reason(Cause.DELETED_OUTSIDE),), fields=(WISH,)))


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0.0), (1, 1.0), (2, 30.0), (3, 60.0), (8, 1800.0), (5000, 1800.0)]
)
def test_a_failing_revision_is_retried_once_and_then_ever_more_rarely(failures: int, seconds: float) -> None:
    assert Backoff().delay(failures) == seconds
