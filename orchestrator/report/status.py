"""Live status as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orchestrator.core.health import Health, Sync
from orchestrator.core.status import ResourceStatus
from orchestrator.report.style import PLAIN, Style, harmless, one_line

HEALTH_COLOURS: Final = {
    Health.HEALTHY: "green",
    Health.PROGRESSING: "cyan",
    Health.SUSPENDED: "yellow",
    Health.MISSING: "yellow",
    Health.DEGRADED: "red",
    Health.UNKNOWN: "magenta",
}
"""Colour of each health."""


def status_text(statuses: Sequence[ResourceStatus], style: Style = PLAIN) -> str:
    """One line a resource: health, agreement with the spec, revision, addresses to call."""
    if not statuses:
        return "No resources."
    width = max(len(str(status.address)) for status in statuses)
    lines = []
    for status in statuses:
        health = style(f"{status.health.value:<11}", HEALTH_COLOURS[status.health])
        sync = style(f"{status.sync.value:<11}", *([] if status.sync is Sync.SYNCED else ["yellow"]))
        address = one_line(f"{status.address!s:<{width}}")
        line = f"{address}  {health}  {sync}  {one_line(status.revision)}"
        lines.append(line.rstrip())
        if status.score is not None:
            lines.append(f"    {one_line(status.score)}")
        lines.extend(one_line(f"    {name}: {url}") for name, url in status.urls.items())
        if status.message:
            lines.extend(f"    {style(part, 'dim')}" for part in harmless(status.message).splitlines()[:6])
    return "\n".join(lines)


def status_json(statuses: Sequence[ResourceStatus]) -> dict[str, Any]:
    """The same as data, as ``status --format json`` prints it."""
    return {
        "resources": [
            {
                "address": str(status.address),
                "health": status.health.value,
                "sync": status.sync.value,
                "revision": status.revision or None,
                "message": status.message or None,
                "score": status.score.document() if status.score is not None else None,
                "urls": dict(status.urls),
            }
            for status in statuses
        ]
    }
