"""Assets with versions: publish, pin, use again, never overwrite."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.health import Health
from orchestrator.core.resource import Observed
from orchestrator.core.value import Reference
from orchestrator.planning.revisions import LONGEST_RUN, attempts, run_name, version_name
from orchestrator.report.reasons import change_reason, field_reason
from tests.unit.planning.toys import (
    CPU,
    DATA,
    KINDS,
    MODEL,
    TRAIN,
    World,
    actions,
    change_of,
    external,
    files,
    project,
    resource,
)

PRINT = Fingerprint("a" * 64)


def table(digest: str = "1", **said: Any) -> Any:
    return project(resource(DATA, path=files(heart_csv=digest), **said))


def codes(world: World, wanted: Any, **options: Any) -> list[str]:
    with pytest.raises(SpecError) as raised:
        world.plan(wanted, **options)
    return [problem.code for problem in raised.value.diagnostics]


def test_a_version_is_named_after_its_content() -> None:
    change = change_of(World().plan(table()), DATA)
    assert (change.action, len(change.after or "")) == (Action.CREATE, 12)
    assert change_of(World().plan(table("2")), DATA).after != change.after


def test_a_pinned_version_is_used_as_it_is() -> None:
    world = World()
    assert change_of(world.apply(table(version="7")), DATA).after == "7"
    assert actions(world.plan(table(version="7"))) == {}
    moved = change_of(world.apply(table("2", version="8")), DATA)
    assert (moved.action, moved.before, moved.after) == (Action.REVISE, "7", "8")
    back = change_of(world.plan(table(version="7")), DATA)
    assert (back.reuse, back.after) == (True, "7")


def test_other_content_under_a_pinned_version_is_an_error_at_plan_time() -> None:
    world = World()
    world.apply(table(version="7"))
    with pytest.raises(SpecError) as raised:
        world.plan(table("2", version="7"))
    (problem,) = raised.value.diagnostics
    assert problem.code == "version-content-conflict"
    assert "content: heart.csv" in problem.detail
    world.applied.clear()
    world.lineage = ""
    assert codes(world, table("2", version="7")) == ["version-content-conflict"]


def test_an_archived_version_keeps_its_name() -> None:
    world = World()
    world.apply(table(version="7"))
    world.mark(DATA, archived=True)
    assert codes(world, table("2", version="7")) == ["version-content-conflict"]
    assert change_of(world.apply(table(version="7")), DATA).after == "7"
    assert actions(world.plan(table(version="7"))) == {}


@pytest.mark.parametrize(
    ("why", "edit", "reason"),
    [
        ("a run setting", {"mode": "mount"}, "unchanged"),
        ("a label", {"description": "hearts"}, "metadata: description"),
        ("a label and a tag", {"description": "hearts", "tags": {"a": "b"}}, "metadata: description, tags.a"),
    ],
)
def test_what_is_no_content_makes_no_version(why: str, edit: Any, reason: str) -> None:
    world = World()
    world.apply(table())
    change = change_of(world.apply(table(**edit)), DATA)
    assert (change_reason(change), change.after) == (reason, world.applied[DATA].revision), why
    assert actions(world.plan(table(**edit))) == {}


def test_suppressed_differences_are_told_with_their_reason() -> None:
    world = World()
    world.apply(table())
    change = change_of(world.plan(table(mode="mount")), DATA)
    assert [(field.action, field_reason(field)) for field in change.fields] == [
        (Action.NOOP, "run setting: how it is read")
    ]


def test_a_version_that_failed_is_tried_again() -> None:
    world = World(health=lambda address: Health.DEGRADED)
    world.apply(table())
    change = change_of(world.plan(table()), DATA)
    assert (change.action, change_reason(change)) == (Action.UPDATE, "last apply failed")


def test_a_version_that_is_not_ready_is_not_just_recorded() -> None:
    world = World(health=lambda address: Health.PROGRESSING)
    world.apply(table(), stop_after=1, lose_record=True)
    assert not change_of(world.plan(table()), DATA).reuse


def test_versions_of_another_project_are_an_error() -> None:
    world = World()
    world.apply(table())
    world.mark(DATA, owner="lungs")
    assert codes(world, table("2"), adopt=True) == ["foreign-owner"]


def made_by_hand() -> World:
    world = World()
    world.apply(table())
    world.mark(DATA, owner=None, fingerprint=None, revision="1")
    world.applied.clear()
    world.lineage = ""
    return world


def test_beside_versions_made_by_hand_one_is_published_only_on_demand() -> None:
    world = made_by_hand()
    assert codes(world, table()) == ["not-owned"]
    change = change_of(world.apply(table(), adopt=True), DATA)
    assert (change.action, change_reason(change)) == (Action.REVISE, "content: changed")
    assert actions(world.plan(table())) == {}, "the asset is ours to go on with"
    assert actions(world.plan(table("2"))) == {str(DATA): "revise"}


def test_a_pinned_version_made_by_hand_is_taken_over_as_it_is() -> None:
    world = made_by_hand()
    change = change_of(world.apply(table(version="1"), adopt=True), DATA)
    assert (change.action, change_reason(change)) == (Action.UPDATE, "adopt: version 1")
    assert actions(world.plan(table(version="1"))) == {}


def test_a_pinned_version_made_by_hand_beside_ours_needs_adopting_too() -> None:
    world = World()
    world.apply(table())
    byhand = Observed(DATA, "1", properties={}, order=9)
    world.objects[DATA] = (*world.objects[DATA], byhand)
    assert codes(world, table("2", version="1")) == ["not-owned"]


def test_a_lost_mark_is_found_again_by_the_name() -> None:
    world = World()
    world.apply(table("1"))
    world.mark(DATA, owner=None, fingerprint=None)
    world.apply(table("2"))
    change = change_of(world.apply(table("1")), DATA)
    assert change_reason(change).startswith("reuse: version")
    assert actions(world.plan(table("1"))) == {}


def test_a_name_that_something_unknown_stands_under_is_not_used() -> None:
    world = World()
    name = change_of(world.plan(table()), DATA).after or ""
    world.apply(table("2"))
    strangers = (
        Observed(DATA, name, properties={}, archived=True),
        Observed(DATA, f"{name}-2", properties={}, archived=True),
    )
    world.objects[DATA] = (*world.objects[DATA], *strangers)
    assert change_of(world.plan(table()), DATA).after == f"{name}-3"


def test_an_archived_pinned_version_without_a_mark_is_marked_again() -> None:
    world = World()
    world.apply(table(version="7"))
    world.mark(DATA, owner=None, fingerprint=None, archived=True)
    change = change_of(world.apply(table(version="7")), DATA)
    assert (change.action, change.after) == (Action.UPDATE, "7")


def test_an_older_archived_content_is_restored() -> None:
    world = World()
    world.apply(table("1"))
    world.mark(DATA, archived=True)
    world.apply(table("2"))
    change = change_of(world.apply(table("1")), DATA)
    assert change_reason(change).startswith("restore: version")
    assert actions(world.plan(table("1"))) == {}


def test_another_recipe_of_fingerprints_is_said_to_be_the_reason() -> None:
    world = World()
    world.apply(table())
    applied = world.applied[DATA]
    world.applied[DATA] = replace(applied, fingerprint=replace(applied.fingerprint, scheme=0))
    world.mark(DATA, fingerprint=replace(applied.fingerprint, scheme=0).pack())
    assert change_reason(change_of(world.plan(table()), DATA)) == "fingerprint scheme 0 → 2"


def test_more_files_than_a_line_holds_are_counted() -> None:
    world = World()
    world.apply(project(resource(DATA, path=files(a="1", b="1", c="1", d="1", e="1"))))
    plan = world.plan(project(resource(DATA, path=files(a="2", b="2", c="2", d="2", e="2"))))
    assert change_reason(change_of(plan, DATA)) == "content: a, b, c and 2 more"


def test_content_that_no_field_or_file_shows_is_still_content() -> None:
    world = World()
    world.apply(table())
    other = replace(table().resources[DATA], content="0" * 64)
    assert change_reason(change_of(world.plan(project(other)), DATA)) == "content: changed"


@pytest.mark.parametrize(
    ("why", "kind", "taken", "last", "expected"),
    [
        ("models count", "models", ["1", "7", "x"], "", "8"),
        ("models begin at one", "models", [], "", "1"),
        ("a number whose version is gone stays used", "models", ["1"], "9", "10"),
        ("others carry the digest", "data", ["1"], "", PRINT.short),
    ],
)
def test_version_names(why: str, kind: str, taken: list[str], last: str, expected: str) -> None:
    assert (
        version_name(KINDS[kind], PRINT, [Observed(MODEL, revision, properties={}) for revision in taken], last)
        == expected
    ), why


@pytest.mark.parametrize(
    ("why", "taken", "expected"),
    [
        ("none", [], 0),
        ("the first has no number", [run_name("train", PRINT, 1)], 1),
        ("the highest counts", [run_name("train", PRINT, n) for n in (1, 3)], 3),
        ("what is no attempt does not", [run_name("train", PRINT, 1) + "-x", "other"], 0),
    ],
)
def test_attempts(why: str, taken: list[str], expected: int) -> None:
    assert attempts("train", PRINT, [Observed(MODEL, revision, properties={}) for revision in taken]) == expected, why


def test_a_run_name_fits_the_service() -> None:
    assert len(run_name("j" * 400, PRINT, 99999)) <= LONGEST_RUN


def test_what_lies_outside_the_spec_is_an_ingredient_too() -> None:
    world = World()
    name = "azureml:raw"
    raw = external(name).target
    wanted = project(resource(CPU, size="D2"), resource(MODEL, path=external(name)))
    world.elsewhere[raw] = Observed(raw, "3", properties={}, fingerprint=None, owner=None)
    plan = world.apply(wanted)
    assert plan.targets[MODEL].resolved["path"] == "azureml:raw:3"
    assert actions(world.plan(wanted)) == {}
    world.elsewhere[raw] = Observed(raw, "4", properties={}, fingerprint=None, owner=None)
    assert change_reason(change_of(world.plan(wanted), MODEL)) == "upstream: azureml:raw"
    world.elsewhere[raw] = Observed(raw, "4", properties={}, fingerprint="1:abc:def:labels", owner="lungs")
    first = world.plan(wanted).targets[MODEL].upstream
    world.elsewhere[raw] = Observed(raw, "4", properties={}, fingerprint="1:abc:def:others", owner="lungs")
    assert world.plan(wanted).targets[MODEL].upstream == first == {name: "1:abc:def"}


@pytest.mark.parametrize(
    ("why", "reference", "revision", "expected"),
    [
        ("an asset is pinned", external("azureml:raw"), "3", "azureml:raw:3"),
        ("what has no versions stays", external("azureml:raw"), "", "azureml:raw"),
        (
            "an address stays",
            replace(external("azureml:raw"), text="azureml://registries/r/x"),
            "3",
            "azureml://registries/r/x",
        ),
        ("its version", replace(external("azureml:raw"), attribute="version"), "3", "3"),
        ("its name", replace(external("azureml:raw"), attribute="name"), "3", "raw"),
        ("its attribute", replace(external("azureml:raw"), text="${data.raw.uri}", attribute="uri"), "3", "http://raw"),
    ],
)
def test_externals_are_pinned(why: str, reference: Reference, revision: str, expected: str) -> None:
    world = World()
    target = reference.target
    world.elsewhere[target] = Observed(target, revision, properties={}, attributes={"uri": "http://raw"})
    plan = world.plan(project(resource(MODEL, path=reference)))
    assert plan.targets[MODEL].resolved["path"] == expected, why


def test_a_written_version_that_moved_with_its_asset_is_told_as_the_asset() -> None:
    def wanted(content: str, version: str) -> Any:
        mention = Reference(DATA, version=version, text=f"azureml:heart:{version}")
        data = resource(DATA, path=files(heart_csv=content), version=version)
        job = resource(TRAIN, command="train", table=mention)
        return project(data, replace(job, content=f"{job.content}:{version}"))

    world = World()
    world.apply(wanted("1", "1"))
    assert change_reason(change_of(world.plan(wanted("2", "2")), TRAIN)) == f"upstream: {DATA}"
