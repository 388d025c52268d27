"""``python -m orchestrator.workspace.sweep JOB_FOLDER``: 0 when there is a best trial, 1 when there is none."""

from __future__ import annotations

import sys

from orchestrator.workspace.jobs.controlling import controlled
from orchestrator.workspace.sweep.controller import run_folder

if __name__ == "__main__":
    sys.exit(controlled("orchestrator.workspace.sweep", run_folder, sys.argv[1:]))
