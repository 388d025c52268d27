"""How resources are, told from the same facts as a plan."""

from __future__ import annotations

from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.health import Health, Sync
from orchestrator.core.status import ResourceStatus
from orchestrator.core.value import Secret
from orchestrator.observe.observe import observe
from orchestrator.report.statuses import statuses
from tests.unit.planning.toys import CPU, DATA, HF, KINDS, MODEL, TRAIN, World, pipeline, project, resource


def status(world: World, wanted: Any) -> dict[Address, ResourceStatus]:
    observation = observe(wanted, world.state, world, KINDS)  # type: ignore[arg-type]
    return {found.address: found for found in statuses(world.plan(wanted), observation)}


def test_what_is_as_it_should_be() -> None:
    world = World()
    world.apply(pipeline())
    found = status(world, pipeline())
    assert {(s.health, s.sync) for s in found.values()} == {(Health.HEALTHY, Sync.SYNCED)}
    assert found[MODEL].revision == "1"
    assert found[HF].urls == {"scoring": "http://hf"}


def test_what_is_not() -> None:
    world = World()
    world.apply(pipeline())
    revision = world.applied[DATA].revision
    world.mark(CPU, health=Health.DEGRADED, message="no quota")
    del world.objects[TRAIN]
    found = status(world, pipeline("2"))
    assert (found[DATA].sync, found[DATA].revision) == (Sync.OUT_OF_SYNC, revision)
    assert found[DATA].message == "next apply: new version (content: heart.csv)"
    assert (found[CPU].sync, found[CPU].health, found[CPU].message) == (Sync.SYNCED, Health.DEGRADED, "no quota")
    assert found[TRAIN].health is Health.MISSING


def test_orphans_and_what_is_archived() -> None:
    world = World()
    world.apply(pipeline())
    world.mark(DATA, archived=True)
    found = status(world, project())
    assert {s.sync for s in found.values()} == {Sync.ORPHANED}
    assert found[DATA].health is Health.MISSING
    assert found[CPU].message.startswith("removed from the spec")


def test_a_message_of_a_workload_is_shown_without_the_specs_secrets() -> None:
    world = World()
    secret = Secret("ROOT", "canary-4711")
    wanted = project(resource(CPU, size="D2", password=secret))
    world.apply(wanted)
    world.mark(CPU, health=Health.DEGRADED, message="login root:canary-4711 failed, https://u:canary-4712@h too")
    found = status(world, wanted)
    assert found[CPU].message == "login root:(secret ROOT) failed, https://u:(secret)@h too"
