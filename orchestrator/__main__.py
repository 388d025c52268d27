"""``python -m orchestrator`` and the console script."""

from __future__ import annotations

import os
import sys

COMPLETE = "_AMLCTL_COMPLETE"
"""Set by a shell that completes a command line. Source: click documentation, shell completion."""


def main() -> None:
    """Run the command line.

    Help and version are answered here, before anything is imported: together they are most of all calls, by people and by scripts that look
    whether the tool is there.
    """
    from orchestrator.cli.streams import abandon, prepare

    prepare()
    answer = None if COMPLETE in os.environ else _answer(sys.argv[1:])
    if answer is None:
        _run()
        return
    try:
        print(answer, flush=True)
    except OSError as problem:
        abandon()
        sys.exit(1 if isinstance(problem, BrokenPipeError) else f"Error: Standard output: {problem.strerror}.")


def _run() -> None:
    """The front door; what goes wrong before it opens, or while it tells what went wrong, is told in the fewest words."""
    try:
        from orchestrator.cli.main import run

        run()
    except KeyboardInterrupt:
        _end("Interrupted.", 130)
    except MemoryError:
        _end("error[out-of-memory]: There is not enough memory to start.", 1)
    except ImportError as error:
        _end(f"error[broken-installation]: {error.name or 'A library'} cannot be imported. Install amlctl again.", 1)
    except Exception as error:
        from orchestrator.cli.streams import abandon

        abandon()
        _end(f"error[internal-error]: amlctl failed: {type(error).__name__}. This is a bug in amlctl.", 1)


def _end(words: str, code: int) -> None:
    print(words, file=sys.stderr)
    sys.exit(code)


def _answer(arguments: list[str]) -> str | None:
    """What needs no command line parser; None for everything else."""
    from orchestrator.cli.overview import overview, version_line

    if arguments in ([], ["--help"], ["-h"]):
        return overview()
    return version_line() if arguments in (["--version"], ["version"]) else None


if __name__ == "__main__":
    main()
