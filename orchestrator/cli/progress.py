"""Progress of an apply: plain lines, JSON lines, or a live display on a terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from orchestrator.cli.console import Console
from orchestrator.core.run import Event, EventKind, Listener, Verb
from orchestrator.report.run import result_line
from orchestrator.report.style import harmless

STARTING = {
    Verb.CREATE: "creating",
    Verb.UPDATE: "updating",
    Verb.RUN: "running",
    Verb.DELETE: "deleting",
    Verb.REUSE: "reusing",
    Verb.FORGET: "forgetting",
}


@contextmanager
def progress(console: Console) -> Iterator[Listener]:
    """Give a listener that shows what happens, in the way that suits who is looking."""
    with _shown(console) as listen:
        yield lambda event: listen(replace(event, message=harmless(event.message)) if event.message else event)


@contextmanager
def _shown(console: Console) -> Iterator[Listener]:
    if console.log_format == "json":
        yield json_lines()
    elif console.quiet:
        yield lambda event: None
    elif console.live:
        from orchestrator.cli.live import live_display  # rich is needed on a terminal only

        with live_display(console) as listener:
            yield listener
    else:
        yield plain_lines(console)


def plain_lines(console: Console) -> Listener:
    """One line for each thing that happens, for pipes and logs."""
    lock = threading.Lock()
    style = console.error_style

    def listen(event: Event) -> None:
        with lock:
            match event.kind:
                case EventKind.STARTED if event.verb is not None:
                    console.notice(f"  {event.address}: {STARTING[event.verb]}")
                case EventKind.FINISHED if event.result is not None:
                    console.notice(f"  {result_line(event.result, style, brief=True)}")
                case EventKind.PROGRESS | EventKind.RETRY | EventKind.NOTICE if event.message:
                    place = f"{event.address}: " if event.address else ""
                    console.notice(style(f"    {place}{event.message}", "dim"))

    return listen


def json_lines() -> Listener:
    """One JSON object a line on stderr, for machines that collect logs."""
    import sys

    import structlog

    log = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
    )

    def listen(event: Event) -> None:
        facts = dict(event.data)
        if event.result is not None:
            result = event.result
            facts |= {"outcome": result.outcome.value, "duration_s": round(result.duration_s, 3), "error": result.error}
        emit = log.error if event.result is not None and event.result.error else log.info
        emit(
            event.kind.value,
            address=str(event.address) if event.address else None,
            verb=event.verb.value if event.verb else None,
            message=event.message,
            **facts,
        )

    return listen
