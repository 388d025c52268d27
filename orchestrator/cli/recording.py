"""What `amlctl azure record` does with a round, and how it tells of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from orchestrator import __version__
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.connection import connection_of
from orchestrator.backends.azure.recording.files import LEFT, About, Folder
from orchestrator.backends.azure.recording.perform import Manner, Report, Round
from orchestrator.backends.azure.recording.scrub import NAME, Scrubber, is_loopback
from orchestrator.backends.azure.recording.step import Place, RecordingStep
from orchestrator.backends.azure.recording.steps import ROUND, made
from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.interrupt import interruptible
from orchestrator.core.errors import Conflict, Invalid
from orchestrator.core.project import Project
from orchestrator.engine.workspace import require_azure

_PRICES: Final = "https://azure.microsoft.com/pricing"
_NOTHING_SENT: Final = f"Nothing was sent. Prices are estimates; see {_PRICES}.\nTo record, run it again with --yes."


def show(project: Project, folder: Path, minutes: float, console: Console) -> Exit:
    """Tell what a round would do, and what it would cost. Sends nothing."""
    client = _client(project)
    where = f"{client.connection.workspace_name} in {client.connection.resource_group}"
    costs = [f"{path}: {step.cost}" for path, step in made(ROUND).items() if step.cost]
    if console.json:
        steps = [_shown(step) for step in ROUND]
        console.document({"where": where, "steps": steps, "makes": list(made(ROUND)), "costs": costs, "sent": False})
        return Exit.DONE
    lines = [f"{len(ROUND)} requests to the workspace {where}; recordings go to {folder}.", ""]
    lines += [f"  {step.method:<6} {step.path or '(workspace)'}  {step.shows}" for step in ROUND]
    lines += ["", "Created, and deleted at the end in any case ({p} and {u} are a new name):"]
    lines += [f"  {path}" for path in made(ROUND)]
    lines += ["", f"Cost, if the round takes all of its {minutes:g} minutes:", *(f"  {cost}" for cost in costs)]
    console.result("\n".join([*lines, "", _NOTHING_SENT]))
    return Exit.DONE


def record(project: Project, folder: Path, minutes: float, console: Console) -> Exit:
    """Send the round.

    Raises:
        Conflict: the folder has something in it.
        BackendError: the workspace cannot be read.
    """
    if folder.exists() and any(folder.iterdir()):
        fix = "Choose a new folder with --out."
        if (folder / LEFT).exists():
            fix = "To delete what an earlier round left in the workspace, run it with --clean."
        raise Conflict(f"{folder} is not empty.", fix=fix)
    client = _client(project)
    try:
        with interruptible(console):
            return _recorded(client, Folder(folder), minutes, console)
    finally:
        client.close()


def clean(project: Project, folder: Path, console: Console) -> Exit:
    """Delete what an earlier round has left."""
    left = Folder(folder)
    paths = left.still_there()
    if not paths:
        return _tell(Report(), folder, console)
    client = _client(project)
    try:
        round_ = _round(client, left, 0.0, console)[0]
        return _tell(round_.clean(paths), folder, console)
    finally:
        client.close()


def _recorded(client: Client, folder: Folder, minutes: float, console: Console) -> Exit:
    round_, place, service = _round(client, folder, minutes, console)
    complete = False
    try:
        report = round_.run(ROUND)
        complete = not report.stopped
    except KeyboardInterrupt:
        _tell(round_.report, folder.path, console)
        raise
    finally:
        today = datetime.now(UTC).date().isoformat()
        folder.about(
            About(date=today, version=__version__, api_version=place.api_version, service=service, complete=complete)
        )
    return _tell(report, folder.path, console)


def _round(client: Client, folder: Folder, minutes: float, console: Console) -> tuple[Round, Place, str]:
    from orchestrator.backends.azure.recording import session

    place = session.place(client, f"{NAME}-{secrets.token_hex(3)}")
    manager = session.manager(client)
    manner = Manner(
        send=session.sender(client),
        clock=time.monotonic,
        sleep=time.sleep,
        tell=console.notice,
        budget_s=60 * minutes,
    )
    service = "embedded" if is_loopback(manager) else "azure"
    return Round(place, folder, Scrubber(place, manager), manner), place, service


def _client(project: Project) -> Client:
    if project.workspace.kind != "azure":
        raise Invalid(
            f"The target '{project.target}' is not an Azure workspace.", fix="Choose another target with --target."
        )
    require_azure(project)
    return Client(connection_of(project.workspace.settings, project.workspace.allowed_hosts))


def _shown(step: RecordingStep) -> dict[str, Any]:
    return {"step": step.name, "method": step.method, "path": step.path, "shows": step.shows, "cost": step.cost}


def _tell(report: Report, folder: Path, console: Console) -> Exit:
    done = not (report.left or report.stopped)
    if console.json:
        console.document({name: getattr(report, name) for name in Report.__slots__})
    else:
        console.result("\n".join(_lines(report, folder)))
    return Exit.DONE if done else Exit.ERROR


def _lines(report: Report, folder: Path) -> Sequence[str]:
    lines = [f"{len(report.sent)} requests recorded in {folder}."] if report.sent else []
    lines += [f"Not recorded: {name}: {why}." for name, why in report.skipped.items()]
    lines += [f"Not as expected: {name}." for name in report.unexpected]
    lines += [f"Stopped: {report.stopped}"] if report.stopped else []
    if report.left:
        lines += ["Still in the workspace:", *(f"  {path}: {why}" for path, why in report.left.items())]
        lines += ["To delete it, run the command again with --clean, or use the portal."]
    else:
        lines += ["Everything that was created is deleted."]
    return lines
