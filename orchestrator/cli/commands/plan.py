"""``amlctl plan``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.options import SpecChoice, with_console, with_plan, with_spec
from orchestrator.core import private_files
from orchestrator.core.plan import Plan
from orchestrator.planning.options import PlanOptions


@click.command("plan")
@with_spec()
@with_plan
@click.option(
    "--out", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan, for `amlctl apply FILE`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 0 for no changes, 2 for changes, 1 for an error.")
@click.option("--destroy", is_flag=True, help="Plan to delete everything that the project owns.")
@with_console("text", "json", "markdown")
def command(
    spec: SpecChoice,
    options: PlanOptions,
    console: Console,
    out: Path | None,
    *,
    detailed_exitcode: bool,
    destroy: bool,
) -> Exit:
    """Show the changes that apply would make, and why. Read-only."""
    from dataclasses import replace

    from orchestrator.core.ports import SystemClock
    from orchestrator.engine import open_workspace, plan_project
    from orchestrator.kinds import discover

    if destroy:
        options = replace(options, destroy=True)
    project = spec.project()
    with open_workspace(project, discover(), SystemClock()) as workspace:
        plan = plan_project(project, workspace, options).plan
    if not console.json:
        console.warnings(project.warnings)
    print_plan(plan, console)
    if out is not None:
        save(plan, spec, options, out, project.root)
        console.notice(f"Saved to {out}. To apply exactly this plan, run: amlctl apply {shlex.quote(str(out))}")
    return Exit.CHANGES if detailed_exitcode and plan.effective else Exit.DONE


def print_plan(plan: Plan, console: Console) -> None:
    """Print a plan in the form that was asked for."""
    if console.json:
        from orchestrator.report.plan_json import plan_to_json

        console.document(plan_to_json(plan))
    elif console.format == "markdown":
        from orchestrator.report.plan import plan_markdown

        console.result(plan_markdown(plan).rstrip("\n"))
    else:
        from orchestrator.report.plan import plan_text

        console.text(plan_text(plan, console.style, verbose=console.verbose))


def save(plan: Plan, spec: SpecChoice, options: PlanOptions, path: Path, root: Path) -> None:
    """Write a plan to a file that its owner alone can read: field values may be confidential even where they are no secrets."""
    from orchestrator.cli.saved import saved_document

    if path.absolute().is_relative_to("/dev") or (path.exists() and not path.is_file()):
        raise click.FileError(str(path), hint="it is not a regular file; a plan replaces the file")
    text = json.dumps(saved_document(plan, spec, options, path, root), ensure_ascii=False, indent=2)
    try:
        private_files.replace(path, text + "\n")
    except OSError as problem:
        raise click.FileError(str(path), hint=problem.strerror or str(problem)) from problem
