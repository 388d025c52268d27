"""A live display for terminals: what is running now, with the time it takes, above it what is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console as RichConsole
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from orchestrator.cli.console import Console
from orchestrator.cli.progress import STARTING, Tails
from orchestrator.core.address import Address
from orchestrator.core.run import Event, EventKind, Listener
from orchestrator.report.run import result_line, show_duration

_ROWS = 12


@dataclass(slots=True)
class _Running:
    verb: str
    since: float
    message: str = ""


class _LiveTable:
    """The rows of what is running; redrawn by rich from its own thread, written by the walk's threads."""

    def __init__(self) -> None:
        self.running: dict[str, _Running] = {}
        self.lock = threading.Lock()
        self._spinner = Spinner("dots")

    def __rich__(self) -> Table:
        table = Table.grid(padding=(0, 1))
        now = time.monotonic()
        with self.lock:
            rows = list(self.running.items())
        for address, row in rows[:_ROWS]:
            table.add_row(
                self._spinner,
                Text(address),
                Text(f"{row.verb} {show_duration(now - row.since)}", style="cyan"),
                Text(row.message, style="dim", no_wrap=True, overflow="ellipsis"),
            )
        if len(rows) > _ROWS:
            table.add_row("", Text(f"and {len(rows) - _ROWS} more", style="dim"))
        return table


@contextmanager
def live_display(console: Console, shown: set[Address]) -> Iterator[Listener]:
    """Give a listener that draws on stderr until the block ends.

    Args:
        shown: receives the addresses whose results have been shown.
    """
    live_table = _LiveTable()
    terminal = RichConsole(stderr=True, no_color=not console.error_style.color)
    style = console.error_style

    live = Live(live_table, console=terminal, refresh_per_second=8, transient=True)
    starting = threading.Lock()
    tails = Tails()

    def listen(event: Event) -> None:
        with starting:
            if not live.is_started:  # not before: a question may be asked first
                live.start()
        name = str(event.address)
        match event.kind:
            case EventKind.STARTED if event.verb is not None:
                with live_table.lock:
                    live_table.running[name] = _Running(STARTING[event.verb], time.monotonic())
            case EventKind.FINISHED if event.result is not None:
                with live_table.lock:
                    live_table.running.pop(name, None)
                if last := tails.of(event.result):
                    terminal.print(Text(f"    {event.address}: {last}", style="dim"))
                terminal.print(Text.from_ansi(f"  {result_line(event.result, style)}"))
                shown.add(event.result.address)
            case EventKind.LOG if console.verbose:
                terminal.print(Text(f"    {event.address}: {event.message}", style="dim"))
            case EventKind.PROGRESS | EventKind.RETRY | EventKind.LOG:
                if event.kind is EventKind.LOG:
                    tails.keep(event)
                with live_table.lock:
                    if name in live_table.running:
                        live_table.running[name].message = event.message
            case EventKind.NOTICE:
                terminal.print(Text(f"  {event.message}", style="dim"))

    try:
        yield listen
    finally:
        live.stop()
