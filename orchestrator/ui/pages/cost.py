"""What an apply uses: nodes that are there all the time, before and after it. There are no prices here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.ui.facts import Snapshot, is_here

_SIZES: Final = (("instance_type", "instance_count"), ("size", "min_instances"))
"""Fields with the size of a node, and with how many of them are there at all times."""


def cost_part(snapshot: Snapshot) -> dict[str, Any]:
    """Nodes by size as they are and as they will be, and whether anybody asks money for them.

    A cluster counts with its least number of nodes: the others come and go with the jobs. What is set by neither the spec nor the
    workspace is left out.
    """
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    names: dict[str, str] = {}
    for address, desired in snapshot.project.resources.items():
        _count(after, names, desired.properties)
        if address in snapshot.observation.objects:
            _count_live(before, names, snapshot, address)
    for address in snapshot.observation.objects.keys() & snapshot.status_of.keys():
        if address not in snapshot.project.resources:
            _count_live(before, names, snapshot, address)
            change = snapshot.changes.get(address)
            if change is None or change.action is not Action.DELETE:
                _count_live(after, names, snapshot, address)
    return {
        "nodes": [(names[size], before[size], after[size]) for size in sorted(names)],
        "free": is_here(snapshot),
    }


def _count_live(counts: Counter[str], names: dict[str, str], snapshot: Snapshot, address: Address) -> None:
    live = snapshot.live(address)
    if live is not None:
        _count(counts, names, live.properties)


def _count(counts: Counter[str], names: dict[str, str], properties: Mapping[str, Any]) -> None:
    for size, number in _SIZES:
        if size not in properties:
            continue
        name, count = properties[size], properties.get(number)
        if isinstance(name, str) and isinstance(count, int) and not isinstance(count, bool) and count > 0:
            key = name.casefold()  # the service may spell it in capitals
            counts[key] += count
            names.setdefault(key, name)
