"""``python -m orchestrator.workspace.monitoring``: the program of a monitor's run."""

from __future__ import annotations

import sys

from orchestrator.workspace.monitoring.running import main

if __name__ == "__main__":
    sys.exit(main())
