"""Ctrl-C while applying: the first drains, the second stops waiting."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from orchestrator.cli.console import Console
from orchestrator.core.ports import Cancellation


@contextmanager
def interruptible(console: Console) -> Iterator[Cancellation]:
    """Give a `Cancellation` that SIGINT and SIGTERM act on while the block runs."""
    cancel = Cancellation()

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if cancel.draining:
            cancel.abort()
            console.error("Stopped waiting. What runs in the workspace goes on; the next apply takes it up.")
        else:
            cancel.drain()
            console.error("Starting nothing new; finishing what runs. Press Ctrl-C again to stop waiting.")

    before = {number: signal.signal(number, on_interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
