"""``amlctl workspace tick``: the clock of schedules, turned by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from orchestrator.cli.console import Console
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation
from orchestrator.kinds import discover
from orchestrator.report.schedules import fired_json, fired_text


def tick_until(root: Path, console: Console, to: str, *, wait: bool) -> None:
    """Fire what is due until a time, and show it.

    Args:
        root: the folder of the workspace.
        to: the time as it was typed.
        wait: until the runs have ended.
    """
    from orchestrator.workspace.service import RecordKey, Workspace, record_kinds

    workspace = Workspace(root, discover())
    until = moment_of(to)
    fired = workspace.tick(until)
    ended: dict[str, Health] = {}
    for each in fired if wait else ():
        key = RecordKey(record_kinds.JOBS, f"{record_kinds.JOBS}.{each.run}", each.run)
        ended[each.run] = workspace.wait(key, None, Cancellation(), console.notice).health
    facts = [fired_json(each, ended.get(each.run)) for each in fired]
    if console.json:
        console.document({"path": str(root), "until": until.isoformat(), "fired": facts})
    else:
        console.text(fired_text(facts, until))


def moment_of(text: str) -> datetime:
    """A time that somebody typed, in UTC.

    Raises:
        click.BadParameter: it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise click.BadParameter(
            f"'{text}' is not a date and time such as 2026-04-01T00:00.", param_hint="--to"
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
