"""Whatever ends a command: a failure that was foreseen, the machine's refusal, or a defect of amlctl. All of them are told in sentences."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.console import Console, OutputFailed
from orchestrator.cli.exits import Exhausted, Exit, Expected, refused_by_machine, tell, tell_facts

if TYPE_CHECKING:
    from orchestrator.core.defects import Defect

Passing = (
    click.ClickException, click.Abort, click.exceptions.Exit, KeyboardInterrupt, SystemExit, GeneratorExit,
    BrokenPipeError, OutputFailed,
)  # fmt: skip
"""What is no failure of the command itself; the front door knows what to do."""


def tell_any(failure: BaseException, console: Console, command: str) -> Exit:
    """Print what ended a command, and give its exit code.

    Args:
        command: as people call it, ``amlctl plan``.
    """
    foreseen = isinstance(failure, (*Expected, *Exhausted))
    if isinstance(failure, Exception) and (foreseen or (isinstance(failure, OSError) and refused_by_machine(failure))):
        return tell(failure, console)
    if isinstance(failure, ImportError):
        lacking = f"{failure.name or 'A library'} cannot be imported: the installation of amlctl is incomplete."
        return tell_facts(_facts(lacking, code="broken-installation", fix="Install amlctl again."), console)
    from orchestrator.core.defects import recorded, wants_traceback

    defect = recorded(failure)
    code = tell_facts(_facts(_detail(failure, defect, command), code="internal-error", fix=defect.fix), console)
    if console.verbose or wants_traceback():
        if console.log_lines:
            console.log("debug", "traceback", message=defect.traceback)
        else:
            console.error(defect.traceback.rstrip("\n"))
    return code


def _facts(detail: str, *, code: str, fix: str) -> dict[str, Any]:
    return {"code": code, "detail": detail, "fix": fix, "request_id": ""}


def _detail(failure: BaseException, defect: Defect, command: str) -> str:
    if isinstance(failure, UnicodeError):
        return f"{defect.sentence(command)} It met a text that is not valid UTF-8."
    if isinstance(failure, OSError) and failure.strerror:
        return f"{defect.sentence(command)} The system said: {failure.strerror}."
    return defect.sentence(command)


@contextmanager
def spoken(console: Console) -> Iterator[None]:
    """Let nothing come to stderr past the console while a command runs: what libraries log and warn of, and what ends a thread."""
    before = threading.excepthook
    threading.excepthook = lambda args: None if args.exc_value is None else _tell_thread(args.exc_value, console)
    try:
        if console.log_lines:
            from orchestrator.cli.library_lines import library_lines

            with library_lines(console):
                yield
        else:
            yield
    finally:
        threading.excepthook = before


def _tell_thread(failure: BaseException, console: Console) -> None:
    if not isinstance(failure, SystemExit):
        tell_any(failure, replace(console, format="text"), "A thread")
