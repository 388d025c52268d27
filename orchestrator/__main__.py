"""``python -m orchestrator`` and the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line.

    Help and version are answered here, before anything is imported: together they are most of all calls, by people and by scripts that look
    whether the tool is there.
    """
    from orchestrator.cli.overview import overview, version_line

    arguments = sys.argv[1:]
    if arguments in ([], ["--help"], ["-h"]):
        print(overview())
    elif arguments in (["--version"], ["version"]):
        print(version_line())
    else:
        from orchestrator.cli.main import run

        run()


if __name__ == "__main__":
    main()
