"""One resource: what it is, why it will change, what it comes from and leads to, what was done to it."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.graph import closure
from orchestrator.core.kind import Identity
from orchestrator.core.resource import Observed
from orchestrator.core.score import score_of
from orchestrator.report.bodies import lines_of
from orchestrator.report.plan import verb_phrase
from orchestrator.report.reasons import change_reason
from orchestrator.ui import addresses
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.endpoint import endpoint_part
from orchestrator.ui.pages.history import history_rows
from orchestrator.ui.pages.project import MOST_DRAWN, graph_of, row_of, title_of
from orchestrator.ui.pages.table import table_part
from orchestrator.ui.pages.values import field_rows

_OLDEST: Final = 50
"""So many versions and journal entries are listed."""


def resource_page(snapshot: Snapshot, address: Address) -> dict[str, Any] | None:
    """What the page of a resource shows; None if there is no such resource."""
    status = snapshot.status_of.get(address)
    if status is None:
        return None
    change, desired, live = (
        snapshot.changes.get(address),
        snapshot.project.resources.get(address),
        snapshot.live(address),
    )
    # Data reach the traffic of an endpoint through its deployments.
    own = [address, *(each for each in snapshot.status_of if each.parent == address)]
    lineage = closure(own, snapshot.needs) | closure([address], snapshot.needed_by)
    kind = snapshot.kinds.get(address.kind)
    return {
        "address": str(address),
        "title": title_of(snapshot, address),
        "row": row_of(snapshot, status),
        "score": status.score,
        "urls": sorted(status.urls.items()),
        "change": change,
        "phrase": verb_phrase(change) if change is not None else "",
        "reason": change_reason(change) if change is not None else "",
        "fields": field_rows(change) if change is not None else [],
        "idle": change is None or change.action is Action.NOOP,
        "wanted": lines_of(desired.properties) if desired is not None else [],
        "present": lines_of(live.properties) if live is not None else [],
        "files": sorted(desired.files.items()) if desired is not None else [],
        "place": f"{desired.span}" if desired is not None else "",
        "upstream": [_link(snapshot, each) for each in sorted(snapshot.needs.get(address, ()))],
        "downstream": [_link(snapshot, each) for each in sorted(snapshot.needed_by.get(address, ()))],
        "graph": graph_of(snapshot, sorted(lineage & snapshot.needs.keys())) if len(lineage) <= MOST_DRAWN else None,
        "endpoint": endpoint_part(snapshot, address),
        "live_href": addresses.of_resource("live", address),
        "test_href": addresses.of_resource("test", address),
        "table": table_part(desired),
        "versions": _versions(snapshot, address),
        "is_run": kind is not None and kind.identity is Identity.RUN,
        "history": history_rows(snapshot, address)[:_OLDEST],
    }


def _link(snapshot: Snapshot, address: Address) -> tuple[str, str, str]:
    return str(address), addresses.resource(address), title_of(snapshot, address)


def _versions(snapshot: Snapshot, address: Address) -> list[dict[str, Any]]:
    kind = snapshot.kinds.get(address.kind)
    if kind is None or kind.identity is Identity.NAMED:
        return []
    status = snapshot.status_of[address]
    return [
        {
            "revision": found.revision,
            "href": addresses.run(found) if kind.identity is Identity.RUN else "",
            "health": found.health.value,
            "message": snapshot.redact(found.message),
            "current": found.revision == status.revision,
            "archived": found.archived,
            "told": _note(found),
        }
        for found in snapshot.objects(address)[:_OLDEST]
    ]


def _note(found: Observed) -> str:
    """What is worth knowing about a version at a glance."""
    score = score_of(found.attributes)
    path = found.properties.get("path")
    return str(score) if score is not None else f"from {path}" if isinstance(path, str) and "://" in path else ""
