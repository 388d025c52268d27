"""Every kind in every workspace: created, labelled, changed, meddled with, mended, removed, destroyed; each step ends in an empty plan.

The cases are those of ``tests/kinds``; this file knows identities, not kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.field_mark import Files, Sensitive, WriteOnly
from orchestrator.core.fields import marks_along, root_node
from orchestrator.core.kind import Identity
from orchestrator.core.resource import Removal
from orchestrator.core.run import Outcome
from orchestrator.core.tree import value_at
from orchestrator.report.plan_json import plan_to_json, saved_plan_problems
from orchestrator.report.reasons import change_reason
from tests.contract.kinds.life import DONE, KINDS, Life
from tests.contract.kinds.worlds import World
from tests.unit.kinds.cases import Case, all_cases

ALL = list(all_cases())
CASES = [case for case in ALL if not case.alike]

MADE = {Identity.NAMED: Action.CREATE, Identity.VERSIONED: Action.CREATE, Identity.RUN: Action.RUN}
CHANGED = {Identity.NAMED: Action.UPDATE, Identity.VERSIONED: Action.REVISE, Identity.RUN: Action.RUN}
"""What another content is, for each way to tell "the same resource" over time."""


def identity(case: Case) -> Identity:
    return KINDS[case.kind].identity


def lived(case: Case, world: World, folder: Path) -> Life:
    """A resource that was created."""
    if world.refuses(case):
        pytest.skip("refused when planning; see test_what_cannot_run_is_refused")
    life = Life(case, world, folder)
    life.apply()
    return life


def having(edit: str) -> list[Case]:
    return [case for case in CASES if getattr(case, edit)]


def first_difference(before: Any, after: Any) -> tuple[str, ...]:
    """The path of the first value of which two bodies differ; empty if there is none."""
    if not isinstance(after, Mapping):
        return ()
    before = before if isinstance(before, Mapping) else {}
    name = next((key for key in [*before, *after] if before.get(key) != after.get(key)), None)
    return () if name is None else (name, *first_difference(before.get(name), after.get(name)))


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A body with one value."""
    return {path[0]: nested(path[1:], value) if len(path) > 1 else value}


@pytest.mark.parametrize("case", ALL, ids=str)
def test_it_is_created_once(case: Case, world: World, tmp_path: Path) -> None:
    if world.refuses(case):
        pytest.skip("refused when planning")
    life = Life(case, world, tmp_path)
    planned = life.changes()
    assert planned[life.address].action is MADE[identity(case)]
    assert change_reason(planned[life.address]) == "new"
    done = life.apply()
    assert done.keys() == planned.keys()
    assert {result.outcome for result in done.values()} <= DONE
    (found,) = life.live(life.address)
    assert found.owner == ("contract" if KINDS[case.kind].taggable else found.owner)


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=str)
def test_what_cannot_run_is_refused(case: Case, world: World, tmp_path: Path) -> None:
    reason = world.refuses(case)
    if not reason:
        pytest.skip("this workspace can")
    life = Life(case, world, tmp_path)
    with pytest.raises(SpecError) as caught:
        life.plan()
    refusals = [d for d in caught.value.diagnostics if d.code == "refused-by-workspace"]
    assert any(reason in d.detail for d in refusals)
    assert all(d.address == life.address and d.subject is not None for d in refusals)
    assert world.facts() is None, "nothing was written"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_saved_plan_is_the_fresh_plan(case: Case, world: World, tmp_path: Path) -> None:
    if world.refuses(case):
        pytest.skip("refused when planning")
    life = Life(case, world, tmp_path)
    first, again = life.plan().plan, life.plan().plan
    assert again == first, "the same facts give the same plan"
    saved = plan_to_json(first)
    assert saved_plan_problems(saved, again) == []
    life.apply()
    assert saved_plan_problems(saved, life.plan().plan), "what was done cannot be done again"
    text = str(saved)
    assert "hush" not in text


@pytest.mark.parametrize("case", having("label"), ids=str)
def test_a_label_is_one_update_in_place(case: Case, world: World, tmp_path: Path) -> None:
    life = lived(case, world, tmp_path)
    before = life.live()
    life.edit(case.label or {})
    (change,) = life.changes().values()
    assert (change.address, change.action) == (life.address, Action.UPDATE)
    assert change.before == change.after
    done = life.apply()
    assert {address: result.outcome for address, result in done.items()} == {life.address: Outcome.UPDATED}
    after = life.live()
    assert [(o.address, o.revision, o.order) for o in after] == [(o.address, o.revision, o.order) for o in before]
    life.edit({})
    assert life.changes().keys() == {life.address}, "and back again"


@pytest.mark.parametrize("case", having("run_settings"), ids=str)
def test_where_and_how_long_it_runs_is_no_change(case: Case, world: World, tmp_path: Path) -> None:
    life = lived(case, world, tmp_path)
    life.edit(case.run_settings or {})
    life.settled()


@pytest.mark.parametrize("case", having("same"), ids=str)
def test_other_words_for_the_same_are_no_change(case: Case, world: World, tmp_path: Path) -> None:
    life = lived(case, world, tmp_path)
    life.edit(case.same or {})
    life.settled()


@pytest.mark.parametrize("case", having("content"), ids=str)
def test_other_content_is_what_the_kind_promises(case: Case, world: World, tmp_path: Path) -> None:
    life = lived(case, world, tmp_path)
    (first,) = life.live(life.address)
    if "version" in case.full and identity(case) is Identity.VERSIONED:
        life.edit(case.content or {})
        with pytest.raises(SpecError, match="version-content-conflict"):
            life.plan()
        life.edit({**(case.content or {}), "version": "next"})
    else:
        life.edit(case.content or {})
    planned = life.changes()
    assert planned[life.address].action is CHANGED[identity(case)]
    done = life.apply()
    assert done.keys() == planned.keys()
    found = life.live(life.address)
    if identity(case) is Identity.NAMED:
        assert [o.order for o in found] == [first.order], "the same object"
    else:
        assert [o.revision for o in found] == [first.revision, done[life.address].revision], "the old one stays"
    life.edit({})
    if identity(case) is not Identity.NAMED:
        assert life.changes()[life.address].reuse, "the old content is used again, not made again"
        life.apply()
        assert len(life.live(life.address)) == 2


@pytest.mark.parametrize("case", having("immutable"), ids=str)
def test_what_cannot_change_in_place_is_replaced(case: Case, world: World, tmp_path: Path) -> None:
    life = lived(case, world, tmp_path)
    first = world.made(life.address)
    life.edit(case.immutable or {})
    change = life.changes()[life.address]
    assert change.action is Action.REPLACE
    assert any(field.action is Action.REPLACE and field.reason.culprits for field in change.fields)
    assert life.apply()[life.address].outcome is Outcome.REPLACED
    assert len(life.live(life.address)) == 1
    assert world.made(life.address) > first, "another object"


@pytest.mark.parametrize("case", having("label"), ids=str)
def test_a_label_that_others_changed_is_seen_and_mended(case: Case, world: World, tmp_path: Path) -> None:
    life = lived(case, world, tmp_path)
    life.edit(case.label or {})
    life.apply()
    path = first_difference(case.full, case.patched(case.label or {}))
    drifts_and_mends(life, path, "meddled")


@pytest.mark.parametrize("case", [case for case in CASES if KINDS[case.kind].identity is Identity.NAMED], ids=str)
def test_content_that_others_changed_is_seen_and_mended(case: Case, world: World, tmp_path: Path) -> None:
    edited = case.patched(case.drift or case.content or {})
    path = first_difference(case.full, edited)
    if not visible(case, path):
        pytest.skip("no workspace shows such a field")
    life = lived(case, world, tmp_path)
    drifts_and_mends(life, path, value_at(edited, path))


def visible(case: Case, path: tuple[str, ...]) -> bool:
    """Whether a workspace gives a field back as it was sent."""
    marks = marks_along(root_node(KINDS[case.kind], case.variant), path)
    return bool(path) and not any(isinstance(mark, WriteOnly | Sensitive | Files) for mark in marks)


def drifts_and_mends(life: Life, path: tuple[str, ...], value: Any) -> None:
    before = life.live()
    life.world.meddle(life.address, nested(path, value))
    (change,) = life.changes().values()
    assert (change.address, change.action, change.drift) == (life.address, Action.UPDATE, True)
    (field,) = [field for field in change.fields if field.action is not Action.NOOP]
    assert (field.path[: len(path)], field.drift) == (path, True), "the plan names the field"
    assert life.apply()[life.address].outcome is Outcome.UPDATED
    assert [(o.address, o.properties) for o in life.live()] == [(o.address, o.properties) for o in before]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_others_deleted_is_made_again(case: Case, world: World, tmp_path: Path) -> None:
    life = lived(case, world, tmp_path)
    world.vanish(life.address)
    change = life.changes()[life.address]
    assert change.drift
    assert change.action in (Action.CREATE, Action.RUN, Action.REVISE)
    life.apply()
    assert len(life.live(life.address)) == 1


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_leaves_the_spec_stays_until_pruned(case: Case, world: World, tmp_path: Path) -> None:
    life = lived(case, world, tmp_path)
    before = life.live()
    others = {o.address for o in before} - {life.address}
    life.leave()
    left = {change.address for change in life.plan().plan.changes if change.orphaned}
    assert left == {life.address}
    life.settled()
    assert len(life.live()) == len(before)
    assert life.changes(prune=True)[life.address].action is Action.DELETE
    assert life.apply(prune=True)[life.address].outcome is Outcome.DELETED
    assert {o.address for o in life.live()} == others
    life.edit({})
    life.apply()
    assert len(life.live(life.address)) == 1, "and it can come back"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_destroying_leaves_nothing_and_twice_is_once(case: Case, world: World, tmp_path: Path) -> None:
    life = lived(case, world, tmp_path)
    kept = {o.address for o in life.live() if KINDS[o.address.kind].removal is Removal.KEEP}
    assert all(change.action is Action.DELETE for change in life.changes(destroy=True).values())
    done = life.apply(destroy=True)
    assert {result.outcome for result in done.values()} == {Outcome.DELETED}
    assert {o.address for o in life.live()} == kept
    life.settled(destroy=True)
    life.apply()
    assert len(life.live(life.address)) == 1, "and it can be made anew"
