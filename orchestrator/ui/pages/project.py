"""The project: its graph and its resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.status import ResourceStatus
from orchestrator.report.plan import summary_line, verb_phrase
from orchestrator.report.reasons import change_reason
from orchestrator.ui import addresses
from orchestrator.ui.drawn import drawn
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.graph import Node, graph_svg
from orchestrator.ui.pages.paging import paged

MOST_DRAWN: Final = 200
"""Larger graphs are not read; a filter makes them smaller."""


@dataclass(frozen=True, slots=True)
class Row:
    """A resource in a list."""

    address: str
    href: str
    kind: str
    health: str
    sync: str
    revision: str
    action: str
    phrase: str
    reason: str
    message: str


def row_of(snapshot: Snapshot, status: ResourceStatus) -> Row:
    """What a list says about a resource."""
    change = snapshot.changes.get(status.address)
    idle = change is None or (change.action is Action.NOOP and not change.orphaned)
    return Row(
        address=str(status.address),
        href=addresses.resource(status.address),
        kind=title_of(snapshot, status.address),
        health=status.health.value,
        sync=status.sync.value,
        revision=status.revision,
        action=action_word(snapshot, status.address),
        phrase="" if idle or change is None else verb_phrase(change),
        reason="" if idle or change is None else change_reason(change),
        message="" if status.foreseen else status.message,
    )


def title_of(snapshot: Snapshot, address: Address) -> str:
    """What people call the kind of a resource."""
    kind = snapshot.kinds.get(address.kind)
    return kind.title if kind is not None else address.kind


def action_word(snapshot: Snapshot, address: Address) -> str:
    """What the plan does with a resource, for the style sheet: an action, ``orphaned``, ``unknown`` without a plan."""
    change = snapshot.changes.get(address)
    if change is None:
        return "unknown"
    return "orphaned" if change.orphaned else change.action.value


def project_page(snapshot: Snapshot, query: Mapping[str, str]) -> dict[str, Any]:
    """What the project's page shows.

    Args:
        query: ``q`` (part of an address), ``health``, ``action``, ``page``.
    """
    text, health, action = query.get("q", "").strip(), query.get("health", ""), query.get("action", "")
    chosen = [
        status
        for status in snapshot.statuses
        if text.casefold() in str(status.address).casefold()
        and health in ("", status.health.value)
        and action in ("", action_word(snapshot, status.address))
    ]
    page = paged(chosen, "/", {"q": text, "health": health, "action": action, "page": query.get("page", "")})
    actions = Counter(action_word(snapshot, status.address) for status in snapshot.statuses)
    return {
        "page": page,
        "rows": [row_of(snapshot, status) for status in page.items],
        "graph": graph_of(snapshot, [status.address for status in chosen]) if len(chosen) <= MOST_DRAWN else None,
        "most_drawn": MOST_DRAWN,
        "healths": sorted(Counter(status.health.value for status in snapshot.statuses).items()),
        "actions": sorted(actions.items()),
        "summary": summary_line(snapshot.plan) if snapshot.plan is not None else "",
        "waiting": snapshot.plan is not None and bool(snapshot.plan.effective),
        "query": {"q": text, "health": health, "action": action},
        "unmanaged": unmanaged(snapshot),
        "filtered": bool(text or health or action),
    }


def graph_of(snapshot: Snapshot, chosen: list[Address]) -> Markup:
    """The graph of some resources."""
    needs = {at: snapshot.needs.get(at, ()) for at in chosen}
    return drawn(graph_svg(needs, {at: node_of(snapshot, at) for at in chosen}))


def node_of(snapshot: Snapshot, address: Address) -> Node:
    """What a box says about a resource."""
    status, word = snapshot.status_of.get(address), action_word(snapshot, address)
    sub = title_of(snapshot, address)
    if word not in ("noop", "unknown"):
        sub = f"{_SHORT.get(word, word)} · {sub}"
    return Node(addresses.resource(address), sub, status.health.value if status else "unknown", word)


_SHORT: Final = {Action.REVISE.value: "new version"}


def unmanaged(snapshot: Snapshot) -> list[tuple[str, str]]:
    """What lives at addresses of the spec or bears the project's mark, and is in neither spec nor state: address and kind."""
    known = snapshot.status_of.keys()
    left = [
        at
        for at, found in snapshot.observation.objects.items()
        if at not in known and not all(o.archived for o in found)
    ]
    return [(str(at), title_of(snapshot, at)) for at in sorted(left)]
