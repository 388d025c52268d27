"""``amlctl apply``."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import Any, NamedTuple

import click

from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit, facts_of
from orchestrator.cli.interrupt import interruptible
from orchestrator.cli.options import SpecChoice, with_console, with_plan, with_run, with_spec
from orchestrator.cli.progress import progress
from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.errors import Cancelled
from orchestrator.core.plan import Plan
from orchestrator.core.project import Project
from orchestrator.core.run import RunReport
from orchestrator.engine import Confirm, RunOptions, apply_project, open_workspace
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.report.folding import folded
from orchestrator.report.plan import plan_text, summary_line
from orchestrator.report.run import closing_line, run_json, run_text


@click.command("apply")
@with_spec()
@with_plan
@with_run
@with_console()
def command(
    spec: SpecChoice, options: PlanOptions, console: Console, parallelism: int, lock_wait: float, *, yes: bool
) -> Exit:
    """Create or update the resources in SPEC, or apply a saved plan.

    Shows the plan, asks for confirmation and carries it out in parallel. Safe to repeat and to interrupt.
    """
    from orchestrator.cli.saved import is_saved_plan, open_saved

    document = None
    if len(spec.paths) == 1 and is_saved_plan(spec.paths[0]):
        document, spec, options = open_saved(spec.paths[0], spec.load)
    project = spec.project()
    if not console.json:
        console.warnings(project.warnings)
    run = RunOptions(parallelism=parallelism, lock_wait_s=lock_wait, fewer=yes and document is None)
    return run_and_report(project, options, run, console, agreement(console, document, APPLY, yes=yes))


def run_and_report(project: Project, options: PlanOptions, run: RunOptions, console: Console, confirm: Confirm) -> Exit:
    """Apply a loaded project and print what came of it."""
    from dataclasses import replace

    shown: set[Address] = set()
    with interruptible(console) as interrupts, progress(console, shown) as listener:
        run = replace(run, cancel=interrupts.cancel, listener=listener, notice=console.notice, begun=interrupts.begin)
        try:
            with open_workspace(project, discover(), run.clock) as workspace:
                plan, report = apply_project(project, workspace, options, run, confirm)
        except (KeyboardInterrupt, click.Abort):
            if interrupts.begun:
                raise
            return _left(console)
    return conclude(plan, report, console, run.command, shown)


def _left(console: Console) -> Exit:
    """Told to stop before anything was done."""
    if console.json:
        console.document({"error": facts_of(Cancelled("Interrupted. Nothing was changed.", code="interrupted"))})
    console.error(f"{'' if console.log_lines else chr(10)}Interrupted. Nothing was changed.")
    return Exit.INTERRUPTED


def conclude(plan: Plan, report: RunReport | None, console: Console, command: str, shown: Collection[Address]) -> Exit:
    """Print the end of an apply or destroy; its exit code.

    Args:
        shown: whose results were shown when they came.
    """
    if report is None:
        if console.json:
            console.document({"outcomes": [], "interrupted": False, "serial": plan.base.serial})
        elif not plan.effective:
            show_plan(plan, console)
        return Exit.ERROR if plan.effective else Exit.DONE
    if console.json:
        console.document(run_json(report))
    elif console.log_lines:
        console.log("info", "summary", message=closing_line(report, command), **run_json(report))
    else:
        console.text(run_text(report, console.style, command=command, shown=shown))
    if report.interrupted:
        return Exit.INTERRUPTED
    return Exit.PARTIAL if report.failed else Exit.DONE


def show_plan(plan: Plan, console: Console) -> None:
    """The result of an apply without anything to do."""
    if console.log_lines:
        _log_plan(plan, console)
    else:
        console.text(plan_text(plan, console.style, verbose=console.verbose))


def _log_plan(plan: Plan, console: Console) -> None:
    from orchestrator.report.plan_json import plan_to_json

    document = plan_to_json(plan)
    changes = [{name: change[name] for name in ("address", "action", "reason")} for change in document["changes"]]
    shown = [change for change in changes if change["action"] != Action.NOOP.value]
    console.log("info", "plan", message=summary_line(plan), summary=document["summary"], changes=shown)
    console.problems(plan.warnings)


class Words(NamedTuple):
    """How a person is asked.

    Attributes:
        question: below the plan.
        doing: what ``--yes`` would do without asking.
    """

    question: str
    doing: str


APPLY = Words("Do you want to apply this plan?", "apply")
DESTROY = Words("Do you want to destroy these resources? This cannot be undone.", "destroy")


def agreement(console: Console, document: dict[str, Any] | None, words: Words, *, yes: bool) -> Confirm:
    """How to come to a yes: a saved plan is one, ``--yes`` is one, otherwise a person at a terminal is asked.

    Args:
        console: where the plan is shown.
        document: the saved plan that must be what planning gives now, if one was given.
        words: of the question.
        yes: whether ``--yes`` was given.
    """

    def confirm(plan: Plan) -> bool:
        if document is not None:
            from orchestrator.cli.saved import require_same

            require_same(document, plan)
        if not plan.effective:
            return True
        agreed = yes or document is not None
        if console.log_lines:
            _log_plan(plan, console)
        else:
            show = console.notice if agreed else console.error
            show(folded(plan_text(plan, console.error_style, verbose=console.verbose), console.width))
        return agreed or _asked(console, words)

    return confirm


def _asked(console: Console, words: Words) -> bool:
    if not sys.stdin.isatty() or console.log_lines:
        why = "--log-format json does not allow prompts" if console.log_lines else "stdin is not a terminal"
        raise click.UsageError(f"Cannot prompt: {why}. Use --yes to {words.doing} without confirmation.")
    from orchestrator.cli.question import confirmed

    agreed = confirmed(f"\n{words.question}")
    if not agreed:
        console.notice("Nothing was changed.")
    return agreed
