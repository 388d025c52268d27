"""``python -m orchestrator.workspace.pipeline JOB_FOLDER``: 0 when all steps have completed, 1 otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.core.errors import BackendError
from orchestrator.workspace.pipeline.controller import Refusal, run_folder
from orchestrator.workspace.tracking.client import TrackingClient


def main(arguments: Sequence[str]) -> int:
    """Run the pipeline of a folder; the last lines of one that has failed say why."""
    if len(arguments) != 1:
        print("usage: python -m orchestrator.workspace.pipeline JOB_FOLDER", file=sys.stderr)
        return 2
    tracking = TrackingClient(os.environ["MLFLOW_TRACKING_URI"], os.environ.get("MLFLOW_TRACKING_TOKEN", ""))
    try:
        run_folder(Path(arguments[0]), tracking, say)
    except (Refusal, BackendError) as error:
        say(f"error: {error}")
        return 1
    return 0


def say(line: str) -> None:
    """A line of the log, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
