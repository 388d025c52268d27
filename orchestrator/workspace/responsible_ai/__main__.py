"""The command line of the tools."""

from __future__ import annotations

import sys

from orchestrator.workspace.responsible_ai.running import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
