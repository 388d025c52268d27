"""The runs of a project, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.firings import FIRED_BY
from orchestrator.core.kind import Identity
from orchestrator.core.project import Project
from orchestrator.core.resource import Observed
from orchestrator.core.tracked import tracked_of
from orchestrator.engine.workspace import Workspace
from orchestrator.kinds import discover
from orchestrator.observe.normalize import normalize
from orchestrator.report.ran import why_ran
from orchestrator.report.runs import RunFacts

_HISTORY = 10_000


def runs_of(project: Project, workspace: Workspace) -> list[Observed]:
    """The runs of a project's jobs and schedules, newest first."""
    found = [
        normalize(run, kind, _variant(run, project))
        for key, kind in discover().items()
        if kind.identity is Identity.RUN
        for run in workspace.backend.list(key)
        if belongs(project, run)
    ]
    return sorted(found, key=lambda run: run.order, reverse=True)


def _variant(run: Observed, project: Project) -> str:
    desired = project.resources.get(run.address)
    return desired.variant if desired is not None else ""


def belongs(project: Project, run: Observed) -> bool:
    """Whether a run is the project's: it has started it, or one of its schedules has."""
    fired_by = run.attributes.get(FIRED_BY)
    kinds = discover()
    return run.owner == project.name or any(
        address.name == fired_by for address in project.resources if fired_by and kinds[address.kind].fires
    )


def run_facts(project: Project, workspace: Workspace, run: Observed, runs: Iterable[Observed]) -> RunFacts:
    """What is known of a run.

    Args:
        runs: of the project.
    """
    state = workspace.store.load()
    tracked = tracked_of(workspace.backend)
    applied, desired = state.applied.get(run.address), project.resources.get(run.address)
    needs = applied.depends_on if applied is not None else desired.depends_on if desired is not None else frozenset()
    versions = {address: record.revision for address, record in state.applied.items()}
    return RunFacts(
        run=run,
        in_force=applied is not None and applied.revision == run.revision,
        figures=tracked.figures(run),
        children=tuple(tracked.children(run)),
        why=why_ran(run, runs, workspace.store.history(_HISTORY)),
        uses=tuple((str(address), versions.get(address, "")) for address in sorted(needs)),
        files=tuple(tracked.files(run)),
        spec=desired.properties if desired is not None else {},
    )
