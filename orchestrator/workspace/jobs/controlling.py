"""What the programs have in common that start and watch the runs of a job: the trials of a sweep, the steps of a pipeline."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestrator.core.errors import BackendError
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.tracking.client import TrackingClient

Say = Callable[[str], None]
"""Takes one line for the log."""


class ControlRefusal(Exception):
    """The job has failed or has no result; the text says why, and ends the log."""


def controlled(package: str, run: Callable[[Path, TrackingClient, Say], None], arguments: Sequence[str]) -> int:
    """Control the job of the folder that the command line names.

    Args:
        package: that was started, for the help.
        run: controls it; takes the folder, where runs are tracked, and the log.

    Returns:
        0 when it has completed, 1 when it has not, 2 if the command line is not valid.
    """
    if len(arguments) != 1:
        print(f"usage: python -m {package} JOB_FOLDER", file=sys.stderr)
        return 2
    tracking = TrackingClient.of_job()
    try:
        run(Path(arguments[0]), tracking, say)
    except (ControlRefusal, BackendError) as error:
        say(f"error: {error}")
        return 1
    return 0


def say(line: str) -> None:
    """Print a line of the log at once."""
    print(line, flush=True)


def opened(folder: Path) -> tuple[WorkspacePaths, RecordStore, Record]:
    """The workspace, its records, and the record of the job of a folder.

    Raises:
        ControlRefusal: there is no such record.
    """
    paths = WorkspacePaths(folder.parent.parent)
    store = RecordStore(paths)
    record = store.find(record_kinds.JOBS, folder.name)
    if record is None:
        raise ControlRefusal(f"The workspace has no record of {folder.name}.")
    return paths, store, record
