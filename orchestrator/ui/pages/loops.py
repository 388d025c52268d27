"""What pages show of the projects of a reconcile loop, and what they may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from orchestrator.core.project import Project
from orchestrator.reconcile.policy import Policy
from orchestrator.reconcile.ports import Controls, FleetStatus
from orchestrator.reconcile.windows import DAYS, Freeze
from orchestrator.report.reconcile import NEVER
from orchestrator.report.run import show_duration
from orchestrator.ui.pages.loop import GOOD, loop_facts

ACTIONS: Final = ("trigger", "suspend", "resume")
_HISTORY: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopView:
    """A running loop, for pages.

    Attributes:
        policies: project to its settings, for its windows.
        acting: whether pages may ask for a pass, a rest or its end.
        specs: project to what reads its spec, for pages about its resources and runs; those without have none.
    """

    fleet_status: FleetStatus
    controls: Controls
    policies: Mapping[str, Policy] = field(default_factory=dict)
    acting: bool = False
    specs: Mapping[str, Callable[[], Project]] = field(default_factory=dict)

    def document(self, project: str) -> dict[str, Any] | None:
        """How a project is; None if there is no such project."""
        status = self.fleet_status.status(project)
        return None if status is None else {**status, "history": list(self.fleet_status.history(project, _HISTORY))}

    def ask(self, project: str, action: str) -> None:
        """Do one of `ACTIONS`.

        Raises:
            StandingBy: another loop has the project.
        """
        {"trigger": self.controls.trigger, "suspend": self.controls.suspend, "resume": self.controls.resume}[action](
            project
        )

    def part(self, project: str, document: Mapping[str, Any], now: float) -> dict[str, Any]:
        """What is told of a project besides its record: what goes on, windows, and where to ask."""
        policy = self.policies.get(project)
        seconds = document.get("next_pass_in_s")
        return {
            "running": bool(document.get("running")),
            "next_in": show_duration(float(seconds)) if isinstance(seconds, int | float) else "",
            "windows": [window_text(each, now) for each in policy.freezes] if policy is not None else [],
            "actions": self._actions(project, document) if self.acting else [],
        }

    def _actions(self, project: str, document: Mapping[str, Any]) -> list[tuple[str, str]]:
        offered = ("resume",) if document.get("suspended") else ("trigger", "suspend")
        return [(action, f"{address_of(project)}/{action}") for action in offered]


def address_of(project: str) -> str:
    """The page of a project of a loop."""
    return f"/loop/{quote(project, safe='')}"


def inside_of(project: str) -> str:
    """What the pages about the resources and runs of a project of a loop are under."""
    return f"/in/{quote(project, safe='')}"


def window_text(window: Freeze, now: float) -> tuple[str, bool]:
    """When nothing may be changed, in a line, and whether that is now."""
    days = "every day" if len(window.days) == len(DAYS) else ", ".join(DAYS[number] for number in sorted(window.days))
    dates = [f"from {window.first}" if window.first else "", f"until {window.last}" if window.last else ""]
    hours = f"{window.start:%H:%M}–{window.end:%H:%M} {window.time_zone}"
    summary = " ".join(filter(None, (days, hours, *dates)))
    return f"{summary}: {window.reason}" if window.reason else summary, window.until(now) is not None


def fleet_page(view: LoopView) -> dict[str, Any]:
    """The list of a loop's projects."""
    rows = []
    for name in view.fleet_status.projects():
        document = view.document(name) or {}
        conditions = document.get("conditions") or (NEVER,)
        ready = next((each for each in conditions if each["type"] == GOOD), None)
        worst = next((each for each in conditions if each["type"] != GOOD and each["status"]), None)
        summary = worst or ready or conditions[0]
        applied = document.get("applied") or {}
        rows.append(
            {
                "name": name,
                "href": address_of(name),
                "ready": ready is not None and bool(ready["status"]),
                "suspended": bool(document.get("suspended")),
                "reason": summary["reason"],
                "message": str(summary.get("message") or ""),
                "applied": str(applied.get("id") or "")[:12],
                "pending": len(document.get("pending") or ()),
                "drift": len(document.get("drift") or {}),
                "running": bool(document.get("running")),
                "standing_by": document.get("standing_by_for") or "",
            }
        )
    return {"rows": rows}


def project_page(view: LoopView, project: str, now: float) -> dict[str, Any] | None:
    """One project of a loop; None if there is no such project."""
    document = view.document(project)
    if document is None:
        return None
    base = inside_of(project) if project in view.specs else ""
    page = partial(_resource, base) if base else str
    return {
        "name": project,
        "inside": [(text, f"{base}{path}") for path, text in _INSIDE] if base else [],
        "loop": {**loop_facts(document, str, page), **view.part(project, document, now)},
    }


_INSIDE: Final = (("/", "Resources and graph"), ("/plan", "Plan"), ("/runs", "Runs"), ("/history", "History"))


def _resource(base: str, address: str) -> str:
    return f"{base}/resource/{quote(address, safe='')}"
