"""``amlctl destroy``."""

from __future__ import annotations

import click

from orchestrator.cli.commands.apply import DESTROY, agreement, run_and_report
from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.options import SpecChoice, with_console, with_run, with_spec
from orchestrator.engine import RunOptions
from orchestrator.planning.options import PlanOptions


@click.command("destroy")
@with_spec()
@with_run
@with_console()
def command(spec: SpecChoice, console: Console, parallelism: int, lock_wait: float, *, yes: bool) -> Exit:
    """Delete everything that the project owns, dependents first.

    Fails if a resource has `protect: true`. Resources with `on_removal: keep` are kept and removed from the state.
    """
    run = RunOptions(parallelism=parallelism, lock_wait_s=lock_wait, command="destroy", fewer=yes)
    return run_and_report(
        spec.project(), PlanOptions(destroy=True), run, console, agreement(console, None, DESTROY, yes=yes)
    )
