"""A lost state, from marks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.health import Health
from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan, PlanBase, Target
from orchestrator.core.resource import OWNER_TAG, Desired, Lifecycle, Observed, Removal
from orchestrator.state.rebuild import describe_ambiguous, rebuild, unpack

ROWS = Address("data", "rows")
NOW = Fingerprint("a" * 64, "b" * 64, "c" * 64)
BEFORE = Fingerprint("d" * 64)


def live(revision: str, fingerprint: Fingerprint | None, *, owner: str | None = "demo", order: int = 0) -> Observed:
    tags = {OWNER_TAG: owner, "team": "core"} if owner else {}
    body = {"path": "x", "tags": tags}
    return Observed(
        ROWS,
        revision,
        properties=body,
        fingerprint=fingerprint.pack() if fingerprint else None,
        owner=owner,
        order=order,
    )


def plan(desired: bool = True) -> Plan:
    target = Target(
        desired=Desired(
            address=ROWS, properties={}, content="a", lifecycle=Lifecycle(protect=True, on_removal=Removal.KEEP)
        ),
        resolved={"path": "y"},
        fingerprint=NOW,
    )
    return Plan(
        project="demo", target="", base=PlanBase("", 0, "", "w"), changes=(), targets={ROWS: target} if desired else {}
    )


def seen(*objects: Observed) -> Observation:
    found: Mapping[Address, tuple[Observed, ...]] = {ROWS: objects}
    return Observation(workspace_id="w", label="w", objects=found)


def test_what_the_spec_says_gets_the_record_of_its_apply() -> None:
    records = rebuild(plan(), seen(live("1", BEFORE, order=1), live("2", NOW, order=2)), "k").applied
    assert records[ROWS].revision == "2"
    assert records[ROWS].fingerprint == NOW
    assert records[ROWS].properties == {"path": "y"}
    assert records[ROWS].protect
    assert records[ROWS].on_removal is Removal.KEEP


@pytest.mark.parametrize("desired", [True, False], ids=["changed since", "removed from the spec"])
def test_what_the_spec_does_not_say_gets_a_record_of_what_it_is(desired: bool) -> None:
    records = rebuild(plan(desired), seen(live("1", BEFORE, order=1), live("2", BEFORE, order=2)), "k").applied
    assert records[ROWS].revision == "2", "the newest"
    assert records[ROWS].fingerprint.matches(BEFORE.pack())
    assert records[ROWS].properties == {"path": "x", "tags": {"team": "core"}}


@pytest.mark.parametrize(
    ("objects", "why"),
    [
        ((live("1", NOW, owner="other"),), "another project's"),
        ((live("1", None, owner=None),), "nobody's"),
        ((Observed(ROWS, "1", properties={}, fingerprint=NOW.pack(), owner="demo", archived=True),), "archived"),
    ],
)
def test_what_is_not_ours_gets_none(objects: tuple[Observed, ...], why: str) -> None:
    assert rebuild(plan(), seen(*objects), "k").applied == {}, why


def test_two_that_may_be_in_force_are_told() -> None:
    rebuilt = rebuild(plan(), seen(live("1", NOW), live("2", NOW)), "k")
    assert rebuilt.applied == {}
    assert describe_ambiguous(rebuilt.ambiguous) == "data.rows: 1, 2"


def test_a_run_that_is_well_wins_over_one_that_failed() -> None:
    failed = Observed(ROWS, "1", properties={}, fingerprint=NOW.pack(), owner="demo", health=Health.DEGRADED, order=5)
    records = rebuild(plan(), seen(failed, live("2", NOW, order=3)), "k").applied
    assert records[ROWS].revision == "2"


@pytest.mark.parametrize("packed", [None, "", "x", "1:a:b", "one:a:b:c"])
def test_a_mark_that_cannot_be_read_says_nothing(packed: str | None) -> None:
    assert unpack(packed) == Fingerprint("")
