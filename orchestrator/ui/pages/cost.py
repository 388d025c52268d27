"""What an apply uses: nodes that are there all the time, before and after it. There are no prices here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

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
    for status in snapshot.statuses:
        live, desired = snapshot.live(status.address), snapshot.project.resources.get(status.address)
        change = snapshot.changes.get(status.address)
        now = _nodes(live.properties) if live is not None else Counter[str]()
        before += now
        gone = change is not None and change.action is Action.DELETE
        if not gone:
            after += _nodes(desired.properties) if desired is not None else now
    sizes = sorted(before.keys() | after.keys())
    return {
        "nodes": [(size, before[size], after[size]) for size in sizes],
        "free": is_here(snapshot),
        "changed": before != after,
    }


def _nodes(properties: Mapping[str, Any]) -> Counter[str]:
    for size, count in _SIZES:
        name, number = properties.get(size), properties.get(count)
        if isinstance(name, str) and isinstance(number, int) and not isinstance(number, bool) and number > 0:
            return Counter({name.casefold(): number})
    return Counter()
