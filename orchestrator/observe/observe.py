"""Workspace → Observation: every fact that a plan needs, and no verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import TypeVar

from orchestrator.core.address import Address
from orchestrator.core.fields import names_parts
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.observation import Observation
from orchestrator.core.ports import Backend
from orchestrator.core.project import Project
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired, Observed
from orchestrator.core.state import State
from orchestrator.core.value import Reference
from orchestrator.observe.normalize import normalize

CONCURRENT_CALLS = 8
"""Bound on simultaneous reads: the service answers a dozen kinds in two rounds and nobody is throttled."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def observe(
    project: Project,
    state: State,
    backend: Backend,
    kinds: Kinds,
    begun: Mapping[str, Future[list[Observed]]] = MappingProxyType({}),
) -> Observation:
    """Read everything that a plan for this project may depend on. Writes nothing.

    Each kind in use is listed once, whatever the number of resources. Besides the objects at addresses of the spec and of the
    state, and those that say who answers requests of them, everything that bears this project's mark is kept, so that what an
    earlier apply left behind is found without its state.

    Args:
        begun: listings that are under way already, by kind.

    Raises:
        BackendError: the workspace could not be read.
    """
    listed = _list_kinds(_kinds_in_use(project, state, kinds), backend, begun)
    relevant = set(project.resources) | set(state.applied)
    objects: dict[Address, list[Observed]] = {}
    for found in listed.values():
        for observed in found:
            if observed.address in relevant or observed.owner == project.name or _tells_of(observed, relevant, kinds):
                objects.setdefault(observed.address, []).append(observed)
    externals = _read_externals(project.externals, backend)
    missing = [reference for reference in project.externals if externals[str(reference)] is None]
    return Observation(
        workspace_id=backend.workspace_id,
        label=backend.label,
        objects={address: in_order(found, project, kinds) for address, found in objects.items()},
        externals=externals,
        nearest=_names_beside(missing, listed, backend, kinds),
        refusals=_refusals(project.resources, backend),
        unreadable={one.address: one.unreadable for found in listed.values() for one in found if one.unreadable},
    )


def _kinds_in_use(project: Project, state: State, kinds: Kinds) -> list[str]:
    used = {address.kind for address in project.resources} | {address.kind for address in state.applied}
    sections = {address.section for address in (*project.resources, *state.applied)}
    beside = {key for key, kind in kinds.items() if kind.section in sections and names_parts(kind)}
    return sorted(used & kinds.keys() | beside)


def _tells_of(observed: Observed, relevant: Set[Address], kinds: Kinds) -> bool:
    """Whether it says which parts of something wanted answer requests: they may not go while they do, whoever said so."""
    return observed.address.parent in relevant and names_parts(kinds[observed.address.kind])


def _list_kinds(
    used: list[str], backend: Backend, begun: Mapping[str, Future[list[Observed]]]
) -> dict[str, list[Observed]]:
    def listed(kind: str) -> list[Observed]:
        return begun[kind].result() if kind in begun else list(backend.list(kind))

    return dict(zip(used, each(listed, used), strict=True))


def in_order(found: list[Observed], project: Project, kinds: Kinds) -> tuple[Observed, ...]:
    """The objects at one address as an observation has them: normalised, oldest first."""
    if not found:
        return ()
    if len(found) > 1:
        found.sort(key=lambda observed: observed.order)
    address = found[0].address
    kind = kinds[address.kind]
    desired = project.resources.get(address)
    return tuple(normalize(observed, kind, _variant(observed, desired, kind)) for observed in found)


def _variant(observed: Observed, desired: Desired | None, kind: Kind) -> str:
    return desired.variant if desired is not None else kind.variant(observed.properties)


def _read_externals(references: Iterable[Reference], backend: Backend) -> dict[str, Observed | None]:
    """Look each distinct text up once."""
    distinct = {str(reference): reference for reference in references}
    return dict(zip(distinct, each(lambda ref: _read(ref, backend), list(distinct.values())), strict=True))


def _read(reference: Reference, backend: Backend) -> Observed | None:
    version = None if reference.version == "@latest" else reference.version
    return backend.read(reference.target, version)


def _names_beside(
    missing: list[Reference], listed: Mapping[str, list[Observed]], backend: Backend, kinds: Kinds
) -> dict[str, tuple[str, ...]]:
    """What exists in the section of each reference that leads nowhere: its author most likely means one of them."""
    names: dict[str, tuple[str, ...]] = {}
    for kind in sorted({reference.target.kind for reference in missing} & kinds.keys()):
        found = listed[kind] if kind in listed else backend.list(kind)
        names[kind] = tuple(sorted({observed.address.leaf for observed in found if not observed.archived}))
    return {str(reference): names.get(reference.target.kind, ()) for reference in missing}


def _refusals(resources: Mapping[Address, Desired], backend: Backend) -> dict[Address, tuple[Refusal, ...]]:
    answers = ((address, tuple(backend.refusals(desired, resources))) for address, desired in resources.items())
    return {address: answer for address, answer in answers if answer}


def each(call: Callable[[Item], Answer], items: list[Item]) -> list[Answer]:
    """Ask for all items at once, within bounds; answers come in the items' order."""
    if len(items) < 2:
        return [call(item) for item in items]
    with ThreadPoolExecutor(min(CONCURRENT_CALLS, len(items)), thread_name_prefix="observe") as pool:
        return list(pool.map(call, items))
