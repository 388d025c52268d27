"""Plan × Observation → how each resource is: the same facts and decisions as a plan, told the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.core.change import Action, Change
from orchestrator.core.health import Health, Sync
from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan
from orchestrator.core.redact import Redactor
from orchestrator.core.resource import Observed
from orchestrator.core.score import score_of
from orchestrator.core.status import ResourceStatus

_NEXT: Final = {Action.REVISE: "new version"}
"""What plans call an action, where that is another word than its own."""


def statuses(plan: Plan, observation: Observation) -> tuple[ResourceStatus, ...]:
    """One status for every resource of the spec and of the state, sorted by address."""
    redact = Redactor(target.resolved for target in plan.targets.values())
    return tuple(_status(change, _live(change, observation), redact) for change in plan.changes)


def _live(change: Change, observation: Observation) -> Observed | None:
    """The object in force: the revision the state names, else the newest that is there. What is archived is gone."""
    found = [observed for observed in observation.objects.get(change.address, ()) if not observed.archived]
    for candidate in (change.before, change.after):
        for observed in found:
            if candidate and observed.revision == candidate:
                return observed
    return found[-1] if found else None


def _status(change: Change, live: Observed | None, redact: Callable[[str], str]) -> ResourceStatus:
    health = live.health if live else Health.MISSING
    # It may be what a job or a model printed last.
    message = redact(live.message) if live and live.message else ""
    if change.orphaned:
        sync, message = Sync.ORPHANED, message or change.reason
    elif change.action is Action.FORGET:
        sync, message = Sync.ORPHANED, "left the spec and is gone; the next apply forgets it"
    elif change.action is Action.NOOP:
        sync = Sync.SYNCED
    else:
        sync, message = (
            Sync.OUT_OF_SYNC,
            message or f"next apply: {_NEXT.get(change.action, change.action.value)} ({change.reason})",
        )
    urls = _urls(live.attributes if live else {})
    return ResourceStatus(
        change.address,
        health,
        sync,
        live.revision if live else "",
        message,
        urls,
        score_of(live.attributes) if live else None,
    )


def _urls(attributes: Mapping[str, Any]) -> dict[str, str]:
    names = {"scoring_uri": "scoring", "tracking_uri": "tracking", "studio_url": "studio"}
    return {label: str(attributes[name]) for name, label in names.items() if attributes.get(name)}
