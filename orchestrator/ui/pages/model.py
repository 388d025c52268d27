"""What the page of something that a run has made shows besides: that run, its curves and reports, and where it is deployed."""

from __future__ import annotations

import re
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.kind import Identity
from orchestrator.core.resource import Observed
from orchestrator.core.tracked import Tracked
from orchestrator.ui import addresses
from orchestrator.ui.curves import FILE, curves_of
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.endpoint import share_of
from orchestrator.ui.pages.project import row_of
from orchestrator.ui.pages.runs import row_of as run_row

_MADE_BY: Final = re.compile(r"azureml://jobs/(?P<run>[^/]+)/outputs/")
_PAGES: Final = (".html", ".htm")


def model_part(snapshot: Snapshot, tracked: Tracked, address: Address) -> dict[str, Any] | None:
    """Where it comes from and leads to; None if no run has made it and nothing serves it."""
    run = _maker(snapshot, address)
    deployed = _deployed(snapshot, address)
    reports = [report for each in (run, *_examiners(snapshot, address)) if each for report in reports_of(tracked, each)]
    if run is None and not deployed and not reports:
        return None
    return {
        "run": run_row(snapshot, run) if run is not None else None,
        "curves": curves_of(tracked.file(run, FILE)) if run is not None else None,
        "reports": reports,
        "deployed": deployed,
    }


def reports_of(tracked: Tracked, run: Observed) -> list[tuple[str, str]]:
    """The pages that a run has made, such as a Responsible AI dashboard: name, and where to look at it."""
    names = [file.name for file in tracked.files(run) if file.name.lower().endswith(_PAGES)]
    return [(name, addresses.of_run("view", run, path=name)) for name in names]


def _examiners(snapshot: Snapshot, address: Address) -> list[Observed]:
    """The newest run of each job that takes the model as its input, such as one that makes a Responsible AI dashboard."""
    jobs = (each for each in sorted(snapshot.needed_by.get(address, ())) if each.kind in snapshot.kinds)
    found = [snapshot.live(job) for job in jobs if snapshot.kinds[job.kind].identity is Identity.RUN]
    return [run for run in found if run is not None]


def _maker(snapshot: Snapshot, address: Address) -> Observed | None:
    """The run that made what is in force. Azure copies a model and tells the copy's place only; the state has what was asked for."""
    live, applied = snapshot.live(address), snapshot.state.applied.get(address)
    if live is None:
        return None
    paths = [live.properties.get("path")]
    if applied is not None and applied.revision == live.revision:
        paths.append(applied.properties.get("path"))
    names = {found["run"] for path in paths if (found := _MADE_BY.match(str(path or "")))}
    return next((run for run in snapshot.runs() if run.revision in names), None)


def _deployed(snapshot: Snapshot, address: Address) -> list[dict[str, Any]]:
    """The deployments that serve it."""
    found = sorted(
        each
        for each in snapshot.needed_by.get(address, ())
        if each.part
        and each.parent != address
        and each.kind in snapshot.kinds
        and snapshot.kinds[each.kind].behaviour.tested_alone
    )
    return [
        {"row": row_of(snapshot, snapshot.status_of[each]), "share": share_of(snapshot, each)}
        for each in found
        if each in snapshot.status_of
    ]
