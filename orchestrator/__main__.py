"""``python -m orchestrator`` and the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line.

    Help and version are answered here, before anything is imported: together they are most of all calls, by people and by scripts that look
    whether the tool is there.
    """
    from orchestrator.cli.overview import overview, version_line
    from orchestrator.cli.streams import abandon, prepare

    prepare()
    arguments = sys.argv[1:]
    answer = None
    if arguments in ([], ["--help"], ["-h"]):
        answer = overview()
    elif arguments in (["--version"], ["version"]):
        answer = version_line()
    if answer is None:
        from orchestrator.cli.main import run

        run()
        return
    try:
        print(answer, flush=True)
    except OSError as problem:
        abandon()
        sys.exit(1 if isinstance(problem, BrokenPipeError) else f"Error: Standard output: {problem.strerror}.")


if __name__ == "__main__":
    main()
