"""Exit codes, and how a failure is told."""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import Any, Final

from orchestrator.cli.console import Console, source_line
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.errors import BackendError, StateError, UnsupportedSetup
from orchestrator.report.diagnostics import diagnostics_json, diagnostics_text


class Exit(IntEnum):
    """What the exit code of every command means."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    PARTIAL = 3
    INTERRUPTED = 130


Expected = (SpecError, BackendError, StateError, UnsupportedSetup)
"""Failures with a message for people; anything else is a defect of ours, see `cli.crash`."""


_MACHINE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE}
)
"""What the machine refuses whoever asks: rights, a file where a folder should be, a full or failing disk."""

_PATH: Final = frozenset({errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.EILSEQ})
"""What is wrong with the path itself: too long, a loop of links, a socket or folder where a file should be."""

_GONE: Final = frozenset({errno.ENOENT, errno.EEXIST, errno.ESTALE, errno.ENODEV})
"""What changed between two looks at the disk."""

_ANYWHERE: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENOMEM, errno.EAGAIN}
)
"""What the machine lacks, whichever file it happened with; some calls name none."""

_SHOWN: Final = 200
"""Characters of a path that a message shows."""

Exhausted = (MemoryError, RecursionError)
"""Nothing is wrong with the call but its size."""


def refused_by_machine(problem: OSError) -> bool:
    """Whether a failed call says something about the machine or a file rather than about us."""
    return problem.errno in _ANYWHERE or (problem.errno in _MACHINE | _PATH | _GONE and problem.filename is not None)


def tell(failure: Exception, console: Console) -> Exit:
    """Print an expected failure and give its exit code."""
    if isinstance(failure, SpecError):
        if console.json:
            console.document(diagnostics_json(failure.diagnostics))
        if console.log_lines:
            console.problems(failure.diagnostics)
            return Exit.ERROR
        count = len(failure.diagnostics)
        console.error(diagnostics_text(failure.diagnostics, source_line, console.error_style))
        console.error(f"\n{count} problem{'s' if count != 1 else ''} found.")
        return Exit.ERROR
    return tell_facts(facts_of(failure), console)


def tell_facts(facts: dict[str, Any], console: Console) -> Exit:
    """Print a failure that was made plain data, and give its exit code."""
    if console.json:
        console.document({"error": facts})
    if console.log_lines:
        console.log("error", "failed", **{name: value or None for name, value in facts.items()})
        return Exit.ERROR
    style = console.error_style
    code = f"[{facts['code']}]" if facts["code"] else ""
    console.error(f"{style(f'error{code}', 'red', 'bold')}: {facts['detail']}")
    if facts["request_id"]:
        console.error(f"   = request: {facts['request_id']}")
    if facts["fix"]:
        console.error(f"   = fix: {facts['fix']}")
    return Exit.ERROR


def facts_of(failure: Exception) -> dict[str, Any]:
    """An expected failure as plain data."""
    if isinstance(failure, OSError):
        return _file_facts(failure)
    if isinstance(failure, Exhausted):
        return {
            "code": "out-of-memory" if isinstance(failure, MemoryError) else "too-deep",
            "detail": "Out of memory." if isinstance(failure, MemoryError) else "The input is nested too deeply.",
            "fix": "Reduce the input, or raise the memory limit of the process (ulimit -v, or the container's limit)."
            if isinstance(failure, MemoryError)
            else "Reduce the nesting of the input.",
            "request_id": "",
        }
    return {
        "code": getattr(failure, "code", ""),
        "detail": getattr(failure, "detail", str(failure)),
        "fix": getattr(failure, "fix", ""),
        "request_id": getattr(failure, "request_id", ""),
    }


def _file_facts(failure: OSError) -> dict[str, Any]:
    name = str(failure.filename or "The machine")
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}… ({len(name)} characters)"
    fix = "Check that your user can read and write there, and that the disk has free space."
    if failure.errno in _PATH:
        fix = "Correct the path. It must name a file or folder without a loop of symbolic links."
    if failure.errno in _GONE:
        fix = "It changed while the command ran; run the command again once nothing else writes there."
    if failure.errno in (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM):
        fix = "Raise the limits of open files, processes and memory (ulimit -a), or end what uses them up."
    return {"code": "file-system", "detail": f"{shown}: {failure.strerror}.", "fix": fix, "request_id": ""}
