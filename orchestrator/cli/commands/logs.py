"""``amlctl logs``."""

from __future__ import annotations

import click

from orchestrator.cli.addresses import address_in
from orchestrator.cli.console import Console
from orchestrator.cli.options import SpecChoice, with_console, with_spec_and_address
from orchestrator.core.ports import SystemClock
from orchestrator.core.redact import Redactor
from orchestrator.engine import open_workspace
from orchestrator.kinds import discover
from orchestrator.report.style import harmless

LOGGING = ("jobs", "online_endpoints.deployments")
"""Kinds that have a log."""


@click.command("logs")
@with_spec_and_address
@click.option("--follow", "-f", is_flag=True, help="Go on until the run ends (exit code 0) or Ctrl-C (130).")
@click.option("--run", "revision", metavar="NAME", help="A certain run of the job; without it the latest.")
@with_console("text", "json")
def command(spec: SpecChoice, address: str, revision: str | None, console: Console, *, follow: bool) -> None:
    """Print the log of a job or deployment."""
    project = spec.project(files=False)
    place = address_in(project, address, LOGGING)
    with open_workspace(project, discover(), SystemClock()) as workspace:
        redact = Redactor(resource.properties for resource in project.resources.values())
        lines = workspace.backend.logs(place, revision, follow=follow)
        if console.json:
            console.document({"address": address, "lines": [redact(line) for line in lines]})
            return
        for line in lines:
            console.result(harmless(redact(line)))
