"""``amlctl state``: the record of what was applied."""

from __future__ import annotations

import click

from orchestrator.cli.console import Console
from orchestrator.cli.options import SpecChoice, with_console, with_spec
from orchestrator.core.ports import SystemClock
from orchestrator.kinds import discover


@click.group("state")
def command() -> None:
    """Repair the state, the record of what was applied. It is stored with the workspace."""


@command.command("rebuild")
@with_spec()
@click.option(
    "--lock-wait", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="How long to wait for the state lock."
)
@with_console()
def rebuild(spec: SpecChoice, console: Console, lock_wait: float) -> None:
    """Rebuild a lost state from the ownership tags of live resources.

    Fails if a state exists, or if several objects could be the current one. Changes nothing else.
    """
    from orchestrator.engine import RunOptions, open_workspace, rebuild_state

    project = spec.project()
    with open_workspace(project, discover(), SystemClock()) as workspace:
        run = RunOptions(lock_wait_s=lock_wait, command="state rebuild")
        applied = rebuild_state(project, workspace, run)
    records = {str(address): record.revision for address, record in sorted(applied.items())}
    if console.json:
        console.document({"rebuilt": records})
        return
    lines = [f"  {address}  {revision}".rstrip() for address, revision in records.items()]
    count = len(records)
    console.text("\n".join([*lines, f"Rebuilt the state: {count} record{'s' if count != 1 else ''}."]))
