"""``amlctl validate``."""

from __future__ import annotations

import click

from orchestrator.cli.console import Console
from orchestrator.cli.options import SpecChoice, with_console, with_spec
from orchestrator.report.diagnostics import diagnostics_json


@click.command("validate")
@with_spec()
@click.option(
    "--files/--no-files", default=True, show_default=True, help="Also check that local files and folders exist."
)
@with_console()
def command(spec: SpecChoice, console: Console, *, files: bool) -> None:
    """Check a spec without a workspace; report all problems."""
    project = spec.project(files=files)
    if console.json:
        console.document(diagnostics_json(project.warnings))
        return
    console.warnings(project.warnings)
    target = f", target {project.target}" if project.target else ""
    count = len(project.resources)
    console.text(f"Valid: {project.name}{target}, {count} resource{'s' if count != 1 else ''}.")
