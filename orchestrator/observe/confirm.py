"""Objects that a listing may not tell rightly yet, read one by one: lists of the service lag behind writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from orchestrator.core.address import Address
from orchestrator.core.kind import Kinds
from orchestrator.core.observation import Observation
from orchestrator.core.ports import Backend
from orchestrator.core.project import Project
from orchestrator.core.resource import Applied, Observed
from orchestrator.observe.observe import each, in_order


def suspects(changed: Iterable[Address], applied: Mapping[Address, Applied], seen: Observation) -> list[Address]:
    """The addresses at which a listing may mislead a plan: what it would change there was written by us, or is listed."""
    return [address for address in changed if address in applied or seen.objects.get(address)]


def confirmed(
    seen: Observation,
    addresses: list[Address],
    applied: Mapping[Address, Applied],
    project: Project,
    backend: Backend,
    kinds: Kinds,
) -> Observation:
    """The same observation with what single reads tell of some objects; itself if they tell the same.

    A read is up to date as soon as a write is answered. Source: Azure Resource Manager documentation, asynchronous operations;
    lists of the service follow some seconds later.

    Raises:
        BackendError: the workspace could not be read.
    """
    known = [address for address in addresses if address.kind in kinds]
    revisions = [_revision(address, applied, seen) for address in known]
    found = each(lambda pair: backend.read(pair[0], pair[1] or None), list(zip(known, revisions, strict=True)))
    objects = dict(seen.objects)
    for address, revision, live in zip(known, revisions, found, strict=True):
        others = [each for each in objects.get(address, ()) if each.revision != revision]
        fresh = in_order([*others, *([live] if live is not None else [])], project, kinds)
        if fresh != objects.get(address, ()):
            objects[address] = fresh
    objects = {address: versions for address, versions in objects.items() if versions}
    return seen if objects == dict(seen.objects) else replace(seen, objects=objects)


def _revision(address: Address, applied: Mapping[Address, Applied], seen: Observation) -> str:
    """Which version or run is read: that on record, or the newest listed one."""
    record = applied.get(address)
    listed: tuple[Observed, ...] = seen.objects.get(address, ())
    return record.revision if record is not None else listed[-1].revision if listed else ""
