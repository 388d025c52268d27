"""Ctrl-C: before the first step everything ends at once; while applying the first drains, the second stops waiting."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from orchestrator.cli.console import Console
from orchestrator.core.ports import Cancellation


class Interrupts:
    """What SIGINT and SIGTERM do.

    Attributes:
        cancel: what they act on once something is being done.
        begun: whether something is; before, they raise KeyboardInterrupt, wherever the program is: at a question, for instance.
    """

    def __init__(self, console: Console) -> None:
        self.cancel = Cancellation()
        self.begun = False
        self._console = console

    def begin(self) -> None:
        """From now on there is something to bring to an end."""
        self.begun = True

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """The handler."""
        if not self.begun:
            self.cancel.abort()
            raise KeyboardInterrupt
        if self.cancel.draining:
            self.cancel.abort()
            self._console.error("Stopped waiting. Operations in the workspace continue; the next apply resumes them.")
        else:
            self.cancel.drain()
            self._console.error(
                "Interrupt received: waiting for running operations. Press Ctrl-C again to stop waiting."
            )


@contextmanager
def interruptible(console: Console) -> Iterator[Interrupts]:
    """Let SIGINT and SIGTERM act on an `Interrupts` while the block runs."""
    interrupts = Interrupts(console)
    before = {number: signal.signal(number, interrupts.on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
