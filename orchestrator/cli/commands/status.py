"""``amlctl status``."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import click

from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit, tell
from orchestrator.cli.options import SpecChoice, with_console, with_spec
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import Project
from orchestrator.engine import Workspace, live_status, open_workspace
from orchestrator.kinds import discover
from orchestrator.reconcile.places import PlacesFile, loop_folder
from orchestrator.reconcile.record import NOTE
from orchestrator.report.diagnostics import diagnostics_json
from orchestrator.report.folding import folded
from orchestrator.report.reconcile import reconcile_text
from orchestrator.report.status import status_json, status_text
from orchestrator.spec.secrets import read_again

_HOME_AND_CLEAR = "\x1b[H\x1b[2J"


@click.command("status")
@with_spec()
@click.option("--watch", "-w", is_flag=True, help="Refresh until Ctrl-C (exit code 130).")
@click.option(
    "--interval", type=click.FloatRange(0.2), default=2.0, show_default=True, help="Seconds between refreshes."
)
@with_console()
def command(spec: SpecChoice, console: Console, interval: float, *, watch: bool) -> Exit:
    """Show the health and sync status of all resources, and the status of the reconcile loop.

    If the spec cannot be planned, live resources are still shown, and the exit code is 1.
    """
    try:
        project = spec.project()
    except SpecError:
        _show_loop(spec, console)
        raise
    with open_workspace(project, discover(), SystemClock()) as workspace:
        code = _show(project, workspace, console)
        while watch:
            time.sleep(interval)
            code = _show(project, workspace, console, again=True)
    return code


def _show_loop(spec: SpecChoice, console: Console) -> None:
    """What the loop of this folder says; it knows where its state is although the spec is broken. JSON has room for problems only."""
    if console.json:
        return
    file = PlacesFile(loop_folder(spec.paths[0]) / "places.json")
    for place in file.read(lambda _, name, origin: read_again(name, origin, spec.load)).values():
        if not place.gone:
            with open_workspace(place.bare(spec.load.allowed_hosts), discover(), SystemClock()) as workspace:
                note = workspace.store.recall(NOTE)
            if note is not None:
                console.text(f"reconcile loop, {reconcile_text({place.project: note}, console.style)}\n")


def _show(project: Project, workspace: Workspace, console: Console, *, again: bool = False) -> Exit:
    statuses, refusal = live_status(project, workspace)
    note = workspace.store.recall(NOTE)
    if console.json:
        document: dict[str, Any] = status_json(statuses)
        document |= {"reconcile": dict(note)} if note is not None else {}
        console.document(document | (diagnostics_json(refusal.diagnostics) if refusal is not None else {}))
    else:
        start = _HOME_AND_CLEAR if again and console.style.color else ""
        loop = f"\n\nreconcile loop, {reconcile_text({project.name: note}, console.style)}" if note is not None else ""
        console.result(start + folded(status_text(statuses, console.style) + loop, console.width))
    if refusal is None:
        return Exit.DONE
    return tell(refusal, replace(console, format="text"))  # with JSON, the document has the problems already
