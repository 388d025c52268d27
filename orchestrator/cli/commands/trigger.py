"""``amlctl trigger``."""

from __future__ import annotations

import click

from orchestrator.cli.addresses import address_in
from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.options import SpecChoice, with_console, with_spec_and_address
from orchestrator.core.errors import Invalid
from orchestrator.core.ports import SystemClock, Triggering
from orchestrator.engine import open_workspace
from orchestrator.kinds import discover


@click.command("trigger")
@with_spec_and_address
@with_console("text", "json")
def command(spec: SpecChoice, address: str, console: Console) -> Exit:
    """Fire a schedule once, now.

    ADDRESS is a schedule: schedules.nightly
    """
    project = spec.project(files=False)
    kinds = discover()
    place = address_in(project, address, tuple(key for key, kind in kinds.items() if kind.fires))
    with open_workspace(project, kinds, SystemClock()) as workspace:
        if not isinstance(workspace.backend, Triggering):
            raise Invalid(f"{place} cannot be fired in this workspace.")
        run = workspace.backend.trigger(place)
    if console.json:
        console.document({"address": str(place), "run": run})
    else:
        console.result(run)
    return Exit.DONE
