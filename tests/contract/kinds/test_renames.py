"""A name that follows a variable: another value is one change of the same resource, in every kind and both ways to write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.kind import Identity
from orchestrator.report.reasons import change_reason
from tests.contract.kinds.life import KINDS, Life
from tests.contract.kinds.test_life import CASES
from tests.contract.kinds.worlds import World
from tests.unit.kinds.cases import Case

EACH = {case.kind: case for case in reversed(CASES)}
ONE_OF_EACH = list({case.kind: case for case in reversed(CASES) if not case.refused}.values())
FEW = [(EACH["online_endpoints.deployments"], "name"), (EACH["roles"], "key")]
CUT = 8
"""Letters of a name: the shortest names that services take have room for little more."""


def follow(life: Life, stage: str, *, form: str, patch: dict[str, Any] | None = None) -> None:
    """Write the resource under test with a name that follows a variable: its endpoint's name too, where traffic is under test."""
    spec = yaml.safe_load((life.folder / "spec.yaml").read_text())
    spec["variables"] = {"stage": {"default": stage}}
    place = life.case.place()
    holder: Any = spec
    for part in place[:-1]:
        holder = holder[part]
    key = place[-1]
    body = holder.pop(key)
    name = f"{key[:CUT]}${{var.stage}}"
    holder["k" if form == "name" else name] = {**body, **(patch or {}), **({"name": name} if form == "name" else {})}
    (life.folder / "spec.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))


def renamed(life: Life, *, form: str) -> None:
    follow(life, "one", form=form)
    life.apply()
    before = {observed.address for observed in life.live()}
    life.edit({})
    follow(life, "two", form=form)
    changes = life.changes()
    kind = life.case.kind
    moved = {address: change for address, change in changes.items() if change.former is not None}
    assert life.case.place()[-1][:CUT] + "two" in {part for address in moved for part in (address.name, address.leaf)}
    assert {change.action for change in moved.values()} == {Action.REPLACE}
    assert all(
        change_reason(change) == f"renamed: was {change.former}" and change.former in before
        for change in moved.values()
    )
    others = {c.action for address, c in changes.items() if address not in moved}
    assert others <= {Action.UPDATE, Action.RUN}, "what mentions it follows; nothing is created or deleted beside"
    if kind.endswith(".deployments"):
        assert {address.kind for address in moved} == {kind}
    results = life.apply()
    assert set(results) == set(changes), "one result for each resource"
    there = {observed.address for observed in life.live()}
    runs = {address for address in there if KINDS[address.kind].identity is Identity.RUN}
    assert {change.former for change in moved.values()} & (there - runs) == set()
    assert set(moved) - there == set() or kind.endswith(".traffic")


@pytest.mark.parametrize("form", ["name", "key"])
@pytest.mark.parametrize("case", ONE_OF_EACH, ids=str)
def test_a_new_name_is_one_change(embedded: World, tmp_path: Path, case: Case, form: str) -> None:
    renamed(Life(case, embedded, tmp_path), form=form)


@pytest.mark.parametrize(("case", "form"), FEW, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_a_new_name_is_one_change_on_azure(azure: World, tmp_path: Path, case: Case, form: str) -> None:
    renamed(Life(case, azure, tmp_path), form=form)


DATA = EACH["data"]


def test_an_edit_beside_a_new_name_is_shown(embedded: World, tmp_path: Path) -> None:
    life = Life(DATA, embedded, tmp_path)
    follow(life, "one", form="name", patch={"description": "old"})
    life.apply()
    life.edit({})
    follow(life, "two", form="name", patch={"description": "new"})
    [change] = life.changes().values()
    assert [(field.path, field.applied, field.desired) for field in change.fields] == [(("description",), "old", "new")]


def test_a_key_that_becomes_a_name_is_the_same_resource(embedded: World, tmp_path: Path) -> None:
    life = Life(DATA, embedded, tmp_path)
    spec = (tmp_path / "spec.yaml").read_text()
    (tmp_path / "spec.yaml").write_text(spec.replace(f"  {DATA.name}:", "  k:"))
    life.apply()
    life.edit({})
    follow(life, "one", form="name")
    [change] = life.changes().values()
    assert (change.action, change.former) == (Action.REPLACE, Address("data", "k"))
    life.apply()


def test_what_is_protected_keeps_its_name(embedded: World, tmp_path: Path) -> None:
    life = Life(DATA, embedded, tmp_path)
    protect = {"lifecycle": {"protect": True}}
    follow(life, "one", form="name", patch=protect)
    life.apply()
    life.edit({})
    follow(life, "two", form="name", patch=protect)
    with pytest.raises(SpecError, match="is protected"):
        life.plan()


def test_what_is_kept_stays_under_its_old_name(embedded: World, tmp_path: Path) -> None:
    life = Life(DATA, embedded, tmp_path)
    keep = {"lifecycle": {"on_removal": "keep"}}
    follow(life, "one", form="name", patch=keep)
    life.apply()
    life.edit({})
    follow(life, "two", form="name", patch=keep)
    [change] = life.changes().values()
    assert change_reason(change).endswith("which stays (on_removal: keep)")
    life.apply()
    assert len({observed.address for observed in life.live()}) == 2


def test_a_rename_is_selected_by_its_key_and_takes_the_old_name_along(embedded: World, tmp_path: Path) -> None:
    life = Life(DATA, embedded, tmp_path)
    follow(life, "one", form="name")
    life.apply()
    life.edit({})
    follow(life, "two", form="name")
    [change] = life.changes(select=("data.k",)).values()
    assert change.former is not None
    assert life.changes(select=(str(change.former),)) == {}


def test_the_other_targets_names_are_neither_renamed_nor_pruned(embedded: World, tmp_path: Path) -> None:
    life = Life(DATA, embedded, tmp_path)
    follow(life, "one", form="name")
    text = (tmp_path / "spec.yaml").read_text()
    targets = "targets: {dev: {default: %s}, prod: {default: %s, variables: {stage: prod}}}\n"
    (tmp_path / "spec.yaml").write_text(text + targets % ("true", "false"))
    life.apply()
    (tmp_path / "spec.yaml").write_text(text + targets % ("false", "true"))
    made = life.changes(prune=True)
    assert [change.action for change in made.values()] == [Action.CREATE]
    life.apply(prune=True)
    assert len({observed.address for observed in life.live()}) == 2
    stays = next(change for change in life.plan(prune=True).plan.changes if change_reason(change).startswith("belongs"))
    assert change_reason(stays) == "belongs to target 'dev'"
