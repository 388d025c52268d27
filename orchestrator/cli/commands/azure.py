"""``amlctl azure``: what concerns the service itself."""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.options import SpecChoice, with_console, with_spec


@click.group("azure")
def command() -> None:
    """Record how Azure answers, to compare it with the served workspace."""


@command.command("record")
@with_spec()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="New folder for the recordings."
)
@click.option("--yes", "-y", is_flag=True, help="Send the requests. Without it, only the list and its cost are shown.")
@click.option(
    "--minutes",
    type=click.FloatRange(1, 120),
    default=45.0,
    show_default=True,
    help="Longest time for the requests; deleting comes after it.",
)
@click.option("--clean", is_flag=True, help="Delete what an interrupted recording left in the workspace.")
@with_console()
def record(spec: SpecChoice, out: Path, console: Console, minutes: float, *, yes: bool, clean: bool) -> Exit:
    """Send a fixed list of requests to the Azure workspace of a target and write them down with their answers.

    Keys, ids, names and addresses are removed from what is written. What is created has a new name and is deleted at the
    end, also after an error or Ctrl-C.
    """
    from orchestrator.cli import recording

    project = spec.project(files=False)
    if clean:
        return recording.clean(project, out, console)
    if not yes:
        return recording.show(project, out, minutes, console)
    return recording.record(project, out, minutes, console)
