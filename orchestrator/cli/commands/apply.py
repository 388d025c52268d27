"""``amlctl apply``."""

from __future__ import annotations

import sys
from typing import Any

import click

from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.interrupt import interruptible
from orchestrator.cli.options import SpecChoice, with_console, with_plan, with_run, with_spec
from orchestrator.cli.progress import progress
from orchestrator.core.plan import Plan
from orchestrator.core.project import Project
from orchestrator.core.run import RunReport
from orchestrator.engine import Confirm, RunOptions, apply_project, open_workspace
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.report.plan import plan_text
from orchestrator.report.run import run_json, run_text


@click.command("apply")
@with_spec()
@with_plan
@with_run
@with_console()
def command(
    spec: SpecChoice, options: PlanOptions, console: Console, parallelism: int, lock_wait: float, *, yes: bool
) -> Exit:
    """Make the workspace what SPEC says; or apply exactly a saved plan.

    Runs the plan, asks, then does it: what can go side by side does. Safe to repeat and to interrupt.
    """
    from orchestrator.cli.saved import is_saved_plan, open_saved

    document = None
    if len(spec.paths) == 1 and is_saved_plan(spec.paths[0]):
        document, spec, options = open_saved(spec.paths[0], spec.load)
    project = spec.project()
    if not console.json:
        console.warnings(project.warnings)
    run = RunOptions(parallelism=parallelism, lock_wait_s=lock_wait)
    return run_and_report(project, options, run, console, agreement(console, document, yes=yes))


def run_and_report(project: Project, options: PlanOptions, run: RunOptions, console: Console, confirm: Confirm) -> Exit:
    """Apply a loaded project and print what came of it."""
    from dataclasses import replace

    with (
        open_workspace(project, discover(), run.clock) as workspace,
        interruptible(console) as cancel,
        progress(console) as listener,
    ):
        plan, report = apply_project(
            project, workspace, options, replace(run, cancel=cancel, listener=listener, notice=console.notice), confirm
        )
    return conclude(plan, report, console, run.command)


def conclude(plan: Plan, report: RunReport | None, console: Console, command: str) -> Exit:
    """Print the end of an apply or destroy; its exit code."""
    if report is None:
        if console.json:
            console.document({"outcomes": [], "interrupted": False, "serial": plan.base.serial})
        elif not plan.effective:
            console.result(plan_text(plan, console.style, verbose=console.verbose))
        return Exit.ERROR if plan.effective else Exit.DONE
    if console.json:
        console.document(run_json(report))
    else:
        console.result(run_text(report, console.style, command=command))
    if report.interrupted:
        return Exit.INTERRUPTED
    return Exit.PARTIAL if report.failed else Exit.DONE


def agreement(console: Console, document: dict[str, Any] | None, *, yes: bool) -> Confirm:
    """How to come to a yes: a saved plan is one, ``--yes`` is one, otherwise a person at a terminal is asked.

    Args:
        console: where the plan is shown.
        document: the saved plan that must be what planning gives now, if one was given.
        yes: whether ``--yes`` was given.
    """

    def confirm(plan: Plan) -> bool:
        if document is not None:
            from orchestrator.cli.saved import require_same

            require_same(document, plan)
        if not plan.effective:
            return True
        show = console.notice if yes or document is not None else console.error
        show(plan_text(plan, console.error_style, verbose=console.verbose))
        if yes or document is not None:
            return True
        if not sys.stdin.isatty():
            raise click.UsageError("Nobody can be asked here: there is no terminal. Add --yes to apply without asking.")
        agreed = click.confirm("\nApply this?", default=False, err=True)
        if not agreed:
            console.notice("Nothing was changed.")
        return agreed

    return confirm
