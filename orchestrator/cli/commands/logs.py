"""``amlctl logs``."""

from __future__ import annotations

import click

from orchestrator.cli.addresses import address_in
from orchestrator.cli.console import Console
from orchestrator.cli.options import SpecChoice, with_console, with_spec_and_address
from orchestrator.core.address import Address
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import NotFound
from orchestrator.core.kind import Identity
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import Project
from orchestrator.core.redact import Redactor
from orchestrator.engine import Workspace, open_workspace
from orchestrator.kinds import discover
from orchestrator.report.style import harmless


def _own_run(project: Project, workspace: Workspace, place: Address, revision: str | None) -> str | None:
    """The run to read: the wanted one or the newest, if this project ran it. Others' logs are nobody's business here.

    Raises:
        NotFound: this project has no such run.
    """
    if discover()[place.kind].identity is not Identity.RUN:
        return revision
    found = [each for each in workspace.backend.list(place.kind) if each.address == place]
    runs = [each.revision for each in sorted(found, key=lambda each: each.order) if each.owner == project.name]
    if not runs:
        raise NotFound(f"Project '{project.name}' has not run {place} in this workspace.", fix="Apply first.")
    if revision is None or revision in runs:
        return revision or runs[-1]
    fix = did_you_mean(revision, runs, f"Its latest run is {runs[-1]}.")
    raise NotFound(f"Project '{project.name}' has no run '{revision}' of {place}.", fix=fix)


@click.command("logs")
@with_spec_and_address
@click.option("--follow", "-f", is_flag=True, help="Follow the log until the run ends (exit code 0) or Ctrl-C (130).")
@click.option("--run", "revision", metavar="NAME", help="Run of the job (default: the latest).")
@with_console("text", "json")
def command(spec: SpecChoice, address: str, revision: str | None, console: Console, *, follow: bool) -> None:
    """Print the log of a job or deployment."""
    project = spec.project(files=False)
    place = address_in(project, address, tuple(key for key, kind in discover().items() if kind.local.log))
    with open_workspace(project, discover(), SystemClock()) as workspace:
        redact = Redactor(resource.properties for resource in project.resources.values())
        lines = workspace.backend.logs(place, _own_run(project, workspace, place, revision), follow=follow)
        if console.json:
            console.document({"address": address, "lines": [redact(line) for line in lines]})
            return
        for line in lines:
            console.result(harmless(redact(line)))
