"""``python -m orchestrator.workspace.automl JOB_FOLDER``: 0 when a model is written, 1 when the job is refused."""

from __future__ import annotations

import multiprocessing.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .refusal import JobRefused


def main(arguments: Sequence[str]) -> int:
    """Run the job of a folder; the last line of a refused job says why."""
    if len(arguments) != 1:
        print("usage: python -m orchestrator.workspace.automl JOB_FOLDER", file=sys.stderr)
        return 2
    from .job import read_folder, run

    try:
        run(read_folder(Path(arguments[0])), say)
    except JobRefused as refusal:
        say(f"error: {refusal}")
        return 1
    return 0


def say(line: str) -> None:
    """A line of the log, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # All files are written and the workers are gone; the MLTable engine alone takes three more seconds to shut down. What the
    # workers' sockets lay in has to go, which multiprocessing does in an exit that is left out here.
    multiprocessing.util._run_finalizers()  # type: ignore[attr-defined]
    os._exit(code)
