"""Progress of an apply: plain lines, JSON lines, or a live display on a terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from orchestrator.cli.console import Console
from orchestrator.core.address import Address
from orchestrator.core.run import Event, EventKind, Listener, StepResult, Verb
from orchestrator.core.score import score_of
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


class Tails:
    """The last line of each log, for those who do not want to see all of them."""

    def __init__(self) -> None:
        self._lines: dict[Address, str] = {}

    def keep(self, event: Event) -> None:
        """Remember a line in the place of the one before."""
        if event.address is not None and event.message.strip():
            self._lines[event.address] = event.message

    def of(self, result: StepResult) -> str:
        """The last line of what went well; empty if it had none. The error of what did not holds the end of its log."""
        return self._lines.pop(result.address, "") if result.good else ""


@contextmanager
def progress(console: Console, shown: set[Address]) -> Iterator[Listener]:
    """Give a listener that shows what happens, in the way that suits who is looking.

    Args:
        console: where to.
        shown: receives the addresses whose results have been shown.
    """
    with _shown(console, shown) as listen:
        yield lambda event: listen(replace(event, message=harmless(event.message)) if event.message else event)


@contextmanager
def _shown(console: Console, shown: set[Address]) -> Iterator[Listener]:
    if console.log_lines:
        yield json_lines(console)
    elif console.quiet:
        yield lambda event: None
    elif console.live:
        from orchestrator.cli.live import live_display  # rich is needed on a terminal only

        with live_display(console, shown) as listener:
            yield listener
    else:
        yield plain_lines(console, shown)


def plain_lines(console: Console, shown: set[Address]) -> Listener:
    """One line for each thing that happens, for pipes and logs; of a workload's log the last line, or all with ``-v``."""
    lock = threading.Lock()
    style = console.error_style
    tails = Tails()

    def say(event: Event, text: str) -> None:
        console.notice(style(f"    {event.address}: {text}" if event.address else f"    {text}", "dim"))

    def listen(event: Event) -> None:
        with lock:
            match event.kind:
                case EventKind.STARTED if event.verb is not None:
                    console.notice(f"  {event.address}: {STARTING[event.verb]}")
                case EventKind.FINISHED if event.result is not None:
                    if last := tails.of(event.result):
                        say(event, last)
                    console.notice(f"  {result_line(event.result, style)}")
                    shown.add(event.result.address)
                case EventKind.LOG if not console.verbose:
                    tails.keep(event)
                case EventKind.LOG | EventKind.PROGRESS | EventKind.RETRY | EventKind.NOTICE if event.message:
                    say(event, event.message)

    return listen


def json_lines(console: Console) -> Listener:
    """One JSON object a line on stderr, for machines that collect logs."""
    tails = Tails()

    def listen(event: Event) -> None:
        if event.kind is EventKind.LOG and not console.verbose:
            tails.keep(event)
            return
        facts: dict[str, object] = dict(event.data)
        result = event.result
        if result is not None:
            score = score_of(result.observed.attributes) if result.observed and result.good else None
            facts |= {
                "outcome": result.outcome.value,
                "revision": result.revision or None,
                "duration_s": round(result.duration_s, 3),
                "error": result.error or None,
                "score": score.document() if score else None,
                "last_line": tails.of(result) or None,
            }
        console.log(
            "error" if result is not None and result.error else "info",
            event.kind.value,
            address=str(event.address) if event.address else None,
            verb=event.verb.value if event.verb else None,
            message=event.message or None,
            **facts,
        )

    return listen
