"""``python -m orchestrator.workspace.pipeline JOB_FOLDER``: 0 when all steps have completed, 1 otherwise."""

from __future__ import annotations

import sys

from orchestrator.workspace.jobs.controlling import controlled
from orchestrator.workspace.pipeline.controller import run_folder

if __name__ == "__main__":
    sys.exit(controlled("orchestrator.workspace.pipeline", run_folder, sys.argv[1:]))
