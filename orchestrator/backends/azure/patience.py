"""Reads that the service refuses because there are too many of them: asked again, within bounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from random import Random
from typing import TypeVar

from orchestrator.core.errors import Throttled
from orchestrator.core.retry import RetryPolicy

Result = TypeVar("Result")


BUDGET = RetryPolicy(attempts=80, total_s=300.0)
"""What a read of any kind has: a try may be several requests, as azure-ai-ml repeats them by itself, but the client of storage does not.

An apply bounds its writes by itself (`execution.retry`); a plan has only this.
"""


class Patience:
    """Repeats throttled reads until they are answered, the budget is used up, or the client is closed.

    Other errors are raised at once: that nobody answers at all should be told at once, not after minutes.
    """

    def __init__(self) -> None:
        self._closed = threading.Event()
        self._random = Random()  # noqa: S311

    def call(self, read: Callable[[], Result]) -> Result:
        """Make a call that may be made any number of times.

        Raises:
            Throttled: the last refusal, once the budget is used up.
        """
        began = None
        attempt = 1
        while True:
            try:
                return read()
            except Throttled as error:
                now = time.monotonic()
                began = now if began is None else began
                wait_s = BUDGET.pause_s(error, attempt, self._random)
                if BUDGET.ends(attempt, now + wait_s - began) or self.pause(wait_s):
                    raise
                attempt += 1

    def pause(self, seconds: float) -> bool:
        """Wait. Returns whether the client was closed meanwhile."""
        return self._closed.wait(seconds)

    def close(self) -> None:
        """End every pause."""
        self._closed.set()
