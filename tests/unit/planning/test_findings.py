"""What stands against a plan: everything at once, each with place and fix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Applied, Lifecycle, Observed, Removal
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict
from orchestrator.core.value import Reference
from orchestrator.report.reasons import change_reason
from tests.unit.planning.toys import (
    BLUE,
    CPU,
    DATA,
    HF,
    MODEL,
    TRAFFIC,
    TRAIN,
    World,
    actions,
    change_of,
    external,
    pipeline,
    project,
    reasons,
    resource,
)


def problems(world: World, wanted: Any, **options: Any) -> list[Any]:
    with pytest.raises(SpecError) as raised:
        world.plan(wanted, **options)
    return list(raised.value.diagnostics)


def test_a_missing_external_names_the_nearest() -> None:
    world = World()
    world.elsewhere[Address("data", "heart-records")] = Observed(Address("data", "heart-records"), "1", properties={})
    (problem,) = problems(world, project(resource(MODEL, path=external("azureml:heart-record"))))
    assert problem.code == "external-not-found"
    assert problem.fix == "Did you mean 'heart-records'?"
    assert "heart-records" in problem.detail
    asset = replace(external("azureml:heart"), text="azureml://registries/r/models/heart/versions/1")
    (problem,) = problems(World(), project(resource(MODEL, path=asset)))
    assert "stand_ins" in problem.fix, "nobody creates a registry's asset"
    (problem,) = problems(World(), project(resource(MODEL, path=external("azureml:heart"))))
    assert problem.fix == "Declare it under `data:` or create it first."


def test_a_missing_external_names_the_nearest_of_the_spec() -> None:
    wanted = project(resource(DATA, path="a"), resource(MODEL, path=external(f"azureml:{DATA.name}s")))
    (problem,) = problems(World(), wanted)
    assert problem.fix == f"Did you mean '{DATA.name}'?"
    pinned = replace(external(f"azureml:{DATA.name}"), text=f"azureml:{DATA.name}:7", version="7")
    (problem,) = problems(World(), project(resource(DATA, path="a"), resource(MODEL, path=pinned)))
    assert problem.fix == f"Use azureml:{DATA.name}@latest for the version that this spec creates, or another version."


@pytest.mark.parametrize(("written", "asked"), [("cpu-clutser", "cpu-cluster"), ("machine", "")])
def test_a_stand_in_for_a_slip_of_the_finger_is_asked_about(written: str, asked: str) -> None:
    world = World()
    target = Address("compute", written)
    world.elsewhere[target] = Observed(
        target, "", properties={}, message="It is not there.", attributes={"stand_in": "x"}
    )
    reference = Reference(target, text=f"azureml:{written}", external=True)
    wanted = project(resource(Address("compute", "cpu-cluster"), size="D2"), resource(TRAIN, compute=reference))
    (warning,) = world.plan(wanted).warnings
    assert warning.detail == "It is not there." + (f" Did you mean '{asked}'?" if asked else "")


def test_a_stand_in_is_a_warning_if_its_backend_says_one_is_due() -> None:
    world = World()
    raw = external("azureml:raw")
    wanted = project(resource(MODEL, path=raw), resource(MODEL._replace(name="other"), path=raw))
    world.elsewhere[raw.target] = Observed(
        raw.target, "", properties={}, message="this machine is used", attributes={"stand_in": "this machine"}
    )
    (warning,) = world.plan(wanted).warnings
    assert (warning.code, warning.detail) == ("stand-in", "this machine is used")
    world.elsewhere[raw.target] = Observed(raw.target, "", properties={}, attributes={"stand_in": "a folder"})
    assert world.plan(wanted).warnings == ()


def test_all_that_stands_against_a_plan_is_told_at_once() -> None:
    world = World()
    world.apply(project(resource(CPU, size="D2")))
    world.mark(CPU, owner="lungs")
    world.refused[TRAIN] = "it has no Kubernetes."
    wanted = project(
        resource(CPU, size="D2"), resource(TRAIN, command="x"), resource(MODEL, path=external("azureml:raw"))
    )
    assert sorted(problem.code for problem in problems(world, wanted)) == [
        "external-not-found", "foreign-owner", "refused-by-workspace",
    ]  # fmt: skip
    assert "no Kubernetes" in next(p.detail for p in problems(world, wanted) if p.code == "refused-by-workspace")


def test_every_refusal_is_told_at_the_field_that_asks_for_it() -> None:
    world = World()
    body = LocatedDict(mark=("spec.yaml", 3, 5, 6, 1))
    body.put("compute", "azureml:k8s", ("spec.yaml", 3, 5, 3, 12), ("spec.yaml", 3, 14, 3, 25))
    job = replace(resource(TRAIN, command="x"), source=body, span=Span("spec.yaml", 2, 3, 2, 8))
    world.refused_at[TRAIN] = (Refusal("no cluster", ("compute",), "Use another."), Refusal("too large"))
    found = problems(world, project(job))
    assert [(str(p.subject), p.detail, p.fix) for p in found] == [
        ("spec.yaml:2:3", "jobs.train is not supported by the toy workspace: too large.", found[0].fix),
        ("spec.yaml:3:14", "jobs.train is not supported by the toy workspace: no cluster.", "Use another."),
    ]
    assert "lifecycle" in found[0].fix


def test_an_orphan_stays_until_pruned() -> None:
    world = World()
    world.apply(pipeline())
    rest = project(*(d for a, d in pipeline().resources.items() if a.section != "online_endpoints"))
    plan = world.plan(rest)
    assert actions(plan) == {}
    assert plan.summary()["orphaned"] == 3
    assert change_of(plan, HF).orphaned
    pruned = world.apply(rest, prune=True)
    assert reasons(pruned) == dict.fromkeys(map(str, (HF, BLUE, TRAFFIC)), "removed from the spec")
    assert change_of(pruned, TRAFFIC).depends_on >= {BLUE, HF}
    assert [o for a in (HF, BLUE, TRAFFIC) for o in world.objects[a]] == []
    assert world.plan(rest).summary()["orphaned"] == 0


@pytest.mark.parametrize(
    ("why", "lifecycle", "reason", "action"),
    [
        ("the kind's own way", Lifecycle(), "removed from the spec; archived", "delete"),
        ("as the spec last said", Lifecycle(on_removal=Removal.DELETE), "removed from the spec", "delete"),
        ("kept", Lifecycle(on_removal=Removal.KEEP), "removed from the spec; on_removal: keep", "forget"),
        (
            "protected, but it stays anyway",
            Lifecycle(on_removal=Removal.KEEP, protect=True),
            "removed from the spec; on_removal: keep",
            "forget",
        ),
    ],
)
def test_what_becomes_of_an_orphan(why: str, lifecycle: Lifecycle, reason: str, action: str) -> None:
    world = World()
    world.apply(project(resource(DATA, path="1", lifecycle=lifecycle)))
    world.apply(project(resource(DATA, path="2", lifecycle=lifecycle)))
    plan = world.apply(project(), prune=True)
    change = change_of(plan, DATA)
    assert (change_reason(change), change.action.value) == (reason, action), why
    assert len(plan.targets[DATA].owned) == 2, "every version goes, not only the one in force"
    kept = lifecycle.on_removal is Removal.KEEP
    assert [o for o in world.objects[DATA] if not o.archived] == (list(world.objects[DATA]) if kept else [])
    assert actions(world.plan(project(), prune=True)) == {}


def test_what_is_still_referred_to_is_not_pruned() -> None:
    world = World()
    world.apply(project(resource(DATA, path="1")))
    world.elsewhere[DATA] = world.objects[DATA][-1]
    wanted = project(resource(MODEL, path=external("azureml:heart")))
    (problem,) = problems(world, wanted, prune=True)
    assert (problem.code, problem.address) == ("still-referenced", MODEL)
    assert actions(world.plan(wanted)) == {str(MODEL): "create"}


@pytest.mark.parametrize("options", [{"prune": True}, {"destroy": True}])
def test_a_protected_resource_refuses_to_go(options: Any) -> None:
    world = World()
    kept = resource(CPU, size="D2", lifecycle=Lifecycle(protect=True))
    world.apply(project(kept))
    wanted = project(kept) if "destroy" in options else project()
    (problem,) = problems(world, wanted, **options)
    assert (problem.code, problem.address) == ("protected", CPU)
    assert "delete it" in problem.detail
    assert problem.fix.startswith("Set" if "destroy" in options else "Add compute.cpu again")


def test_an_orphan_that_is_gone_or_changed_hands_is_forgotten() -> None:
    world = World()
    world.apply(project(resource(CPU, size="D2")))
    world.mark(CPU, owner="lungs")
    assert reasons(world.plan(project(), prune=True)) == {str(CPU): "removed from the spec; already deleted"}
    assert actions(world.plan(project(), prune=True)) == {str(CPU): "forget"}


def test_an_orphan_that_is_gone_is_forgotten_by_itself_and_counted_as_such() -> None:
    world = World()
    world.apply(pipeline())
    del world.objects[HF], world.objects[BLUE]
    rest = project(*(d for a, d in pipeline().resources.items() if a.section != "online_endpoints"))
    plan = world.plan(rest)
    assert actions(plan) == {str(HF): "forget", str(BLUE): "forget"}
    assert (plan.summary()["forget"], plan.summary()["delete"], plan.summary()["orphaned"]) == (2, 0, 1)
    world.apply(rest)
    assert world.plan(rest).summary()["forget"] == 0
    assert HF not in world.applied


def test_nobody_knows_whether_an_orphan_of_an_unknown_kind_is_gone() -> None:
    world = World()
    old = Address("workspaces", "old")
    world.applied[old] = Applied(old, properties={}, fingerprint=Fingerprint(""))
    world.lineage = "line"
    assert change_of(world.plan(project()), old).orphaned


def test_an_orphan_of_a_kind_that_is_no_more_is_forgotten() -> None:
    world = World()
    old = Address("workspaces", "old")
    world.applied[old] = Applied(old, properties={}, fingerprint=Fingerprint(""))
    world.lineage = "line"
    assert actions(world.plan(project(), prune=True)) == {str(old): "forget"}


@pytest.mark.parametrize("address", [CPU, DATA, TRAFFIC], ids=str)
@pytest.mark.parametrize("destroy", [False, True])
def test_a_record_alone_deletes_nothing(address: Address, destroy: bool) -> None:
    """Whoever can write the state could name anything in it."""
    world = World()
    world.apply(project(resource(address, size="D2")))
    world.mark(address, owner=None, fingerprint=None)
    plan = world.plan(project(), prune=not destroy, destroy=destroy)
    assert actions(plan).get(str(address)) in ("forget", None)
    assert [change.address for change in plan.changes if change.action is Action.DELETE] == []
    if not destroy:
        assert "it has no ownership tag of this project, so it is kept" in reasons(plan)[str(address)]


def test_a_mark_without_a_record_counts_once_the_state_is_lost() -> None:
    world = World()
    world.apply(project(resource(CPU, size="D2"), resource(CPU._replace(name="old"), size="D2")))
    lost = World(objects=world.objects)
    plan = lost.plan(project(resource(CPU, size="D2")))
    assert plan.summary()["orphaned"] == 1
    assert actions(lost.plan(project(), destroy=True)) == {}, "no kind of the project was listed"


@pytest.mark.parametrize(
    ("why", "on_removal", "first"),
    [
        ("a run that failed has no record, and goes", None, {"jobs.train": "delete", "data.heart": "delete"}),
        ("what is kept is neither touched nor forgotten again", Removal.KEEP, {"data.heart": "delete"}),
    ],
)
def test_destroy_takes_what_failed_along_and_twice_is_once(
    why: str, on_removal: Removal | None, first: dict[str, str]
) -> None:
    world = World()
    world.apply(project(resource(DATA, path="1")))
    wanted = project(
        resource(DATA, path="1"), resource(TRAIN, command="false", lifecycle=Lifecycle(on_removal=on_removal))
    )
    world.apply(wanted)
    del world.applied[TRAIN]
    assert actions(world.plan(project(resource(DATA, path="1")), prune=True)) == {}, (
        "a mark alone is no reason to prune"
    )
    assert actions(world.plan(wanted, destroy=True)) == first, why
    world.apply(wanted, destroy=True)
    assert actions(world.plan(wanted, destroy=True)) == {}
    owned = [o for live in world.objects.values() for o in live if o.owner == "heart" and not o.archived]
    assert [o.address for o in owned] == ([TRAIN] if on_removal else [])


def test_destroy_follows_what_the_spec_says_now() -> None:
    world = World()
    world.apply(project(resource(CPU, size="D2"), resource(DATA, path="1")))
    wanted = project(
        resource(CPU, size="D2", lifecycle=Lifecycle(on_removal=Removal.KEEP)),
        resource(DATA, path="1", lifecycle=Lifecycle(on_removal=Removal.DELETE)),
        resource(TRAIN, command="never applied"),
    )
    plan = world.plan(wanted, destroy=True)
    assert reasons(plan) == {str(CPU): "destroy; on_removal: keep", str(DATA): "destroy"}
    assert plan.targets[DATA].removal is Removal.DELETE
    assert change_of(plan, DATA).span is not None


@pytest.mark.parametrize(
    ("why", "patterns", "expected"),
    [
        ("one", ["jobs.train"], {TRAIN}),
        ("with everything upstream", ["+models.heart"], {MODEL, TRAIN, DATA, CPU}),
        ("with everything downstream", ["models.heart+"], {MODEL, BLUE, TRAFFIC}),
        ("a glob", ["data.*"], {DATA}),
        ("several", ["data.*", "compute.cpu"], {DATA, CPU}),
        ("an endpoint means its parts", ["online_endpoints.hf"], {HF, BLUE, TRAFFIC}),
        ("a part alone", ["online_endpoints.hf.traffic"], {TRAFFIC}),
    ],
)
def test_selection(why: str, patterns: list[str], expected: set[Address]) -> None:
    world = World()
    world.apply(pipeline())
    plan = world.plan(pipeline("2"), select=tuple(patterns))
    assert {change.address for change in plan.changes} == expected, why
    assert plan.targets.keys() == expected


def test_a_selection_that_matches_nothing_offers_the_nearest() -> None:
    (problem,) = problems(World(), pipeline(), select=("jobs.trian",))
    assert (problem.code, problem.fix) == ("select-nothing", "Did you mean 'jobs.train'?")
    (problem,) = problems(World(), pipeline(), select=("jobs",))
    assert problem.fix == "Use 'jobs.*' for all of them."


def test_what_is_not_selected_upstream_stays_in_force_and_is_warned_of() -> None:
    world = World()
    world.apply(pipeline())
    plan = world.apply(pipeline("2", command="other"), select=("jobs.train",))
    (warning,) = plan.warnings
    assert (warning.code, warning.address) == ("unselected-upstream", DATA)
    assert change_reason(change_of(plan, TRAIN)) == "content: command"
    table = plan.targets[TRAIN].resolved["table"]
    assert table == f"azureml:heart:{world.applied[DATA].revision}"
    assert set(actions(world.apply(pipeline("2", command="other")))) == {str(a) for a in (DATA, TRAIN, MODEL, BLUE)}
    assert actions(world.plan(pipeline("2", command="other"))) == {}


def test_what_is_not_selected_and_does_not_exist_is_an_error() -> None:
    found = problems(World(), pipeline(), select=("jobs.train",))
    assert [(p.code, p.address) for p in found] == [("unselected-upstream", CPU), ("unselected-upstream", DATA)]


def test_problems_outside_the_selection_are_in_nobody_s_way() -> None:
    world = World()
    world.apply(pipeline())
    world.mark(CPU, owner="lungs")
    world.refused[HF] = "no"
    wanted = project(*pipeline().resources.values(), resource(MODEL._replace(name="x"), path=external("azureml:raw")))
    assert actions(world.plan(wanted, select=("data.*",))) == {}
    plan = world.plan(project(*(replace(d) for d in wanted.resources.values())), select=("models.heart",))
    assert actions(plan) == {}


def test_orphans_can_be_selected() -> None:
    world = World()
    world.apply(pipeline())
    assert actions(world.plan(project(), select=("data.*",), prune=True)) == {str(DATA): "delete"}
    assert actions(world.plan(project(), select=("+jobs.train",), destroy=True)).keys() == {
        str(CPU),
        str(DATA),
        str(TRAIN),
    }


def test_a_plan_is_bound_to_the_facts_it_was_made_from() -> None:
    world = World()
    world.apply(pipeline())
    base = world.plan(pipeline()).base
    assert (base.lineage, base.serial, base.spec_digest, base.workspace) == ("line", 1, "spec", "toys")
    assert world.plan(pipeline()).workspace_label == "toy workspace"


def test_a_reference_to_a_resource_with_a_problem_does_not_hide_it() -> None:
    world = World()
    world.apply(pipeline())
    world.mark(DATA, owner="lungs")
    assert [p.address for p in problems(world, pipeline())] == [DATA]
    assert Reference(DATA) in pipeline().resources[TRAIN].references
