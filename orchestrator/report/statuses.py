"""Plan × Observation → how each resource is: the same facts and decisions as a plan, told the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.health import Health, Sync
from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan
from orchestrator.core.project import Project
from orchestrator.core.redact import Redactor
from orchestrator.core.resource import Observed
from orchestrator.core.score import score_of
from orchestrator.core.state import State
from orchestrator.core.status import ResourceStatus
from orchestrator.report.reasons import change_reason

_NEXT: Final = {Action.REVISE: "new version"}
"""What plans call an action, where that is another word than its own."""


def statuses(plan: Plan, observation: Observation) -> tuple[ResourceStatus, ...]:
    """One status for every resource of the spec and of the state, sorted by address."""
    redact = Redactor(target.resolved for target in plan.targets.values())
    return tuple(_status(change, _live(change, observation), redact) for change in plan.changes)


def refused_statuses(
    project: Project, state: State, observation: Observation, problems: Iterable[Diagnostic]
) -> tuple[ResourceStatus, ...]:
    """The same where no plan can be made: how everything is, but not how it stands to the spec."""
    why: dict[Address, str] = {}
    for problem in problems:
        if problem.address is not None:
            why.setdefault(problem.address, f"the plan is refused: {problem.detail}")
    redact = Redactor(desired.properties for desired in project.resources.values())
    return tuple(
        _unplanned(address, project, state, observation, why.get(address, ""), redact)
        for address in sorted(project.resources.keys() | state.applied.keys())
    )


def _unplanned(
    address: Address, project: Project, state: State, observation: Observation, why: str, redact: Callable[[str], str]
) -> ResourceStatus:
    applied = state.applied.get(address)
    mine = [
        observed
        for observed in observation.objects.get(address, ())
        if not observed.archived and (observed.owner == project.name or applied is not None)
    ]
    in_force = [observed for observed in mine if applied is not None and observed.revision == applied.revision]
    found = in_force or mine
    live = found[-1] if found else None
    return ResourceStatus(
        address=address,
        health=live.health if live else Health.MISSING,
        sync=Sync.UNKNOWN if address in project.resources else Sync.ORPHANED,
        revision=live.revision if live else "",
        message=redact(live.message if live else "") or why,
        urls=_urls(live.attributes if live else {}),
        score=score_of(live.attributes) if live else None,
    )


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
    foreseen = False
    if change.orphaned:
        sync, message = Sync.ORPHANED, message or change_reason(change)
    elif change.action is Action.FORGET:
        sync, message = Sync.ORPHANED, "removed from the spec and deleted; the next apply removes it from the state"
    elif change.action is Action.NOOP:
        sync = Sync.SYNCED
    else:
        sync, foreseen = Sync.OUT_OF_SYNC, not message
        message = message or f"next apply: {_NEXT.get(change.action, change.action.value)} ({change_reason(change)})"
    urls = _urls(live.attributes if live else {})
    return ResourceStatus(
        address=change.address,
        health=health,
        sync=sync,
        revision=live.revision if live else "",
        message=message,
        urls=urls,
        score=score_of(live.attributes) if live else None,
        foreseen=foreseen,
    )


def _urls(attributes: Mapping[str, Any]) -> dict[str, str]:
    names = {"scoring_uri": "scoring", "tracking_uri": "tracking", "studio_url": "studio"}
    return {label: str(attributes[name]) for name, label in names.items() if attributes.get(name)}
