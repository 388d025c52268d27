"""Reads that the service refuses because there are too many of them: asked again, within bounds."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from orchestrator.core.errors import Throttled

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """How long to put up with refusals of one read. A try may be several requests: azure-ai-ml repeats them by itself, the client of
    storage does not.

    Attributes:
        attempts: tries in all, the first included.
        base_s: the longest pause before the second try where the service names none, seconds; doubles with each further one.
        cap_s: the longest of those pauses.
        total_s: no further try once so many seconds would have passed since the first refusal.
    """

    attempts: int = 80
    base_s: float = 0.5
    cap_s: float = 30.0
    total_s: float = 300.0


BUDGET = ReadBudget()
"""What a read of any kind has. An apply bounds its writes by itself (`execution.retry`); a plan has nothing but this."""


class Patience:
    """Repeats throttled reads until they are answered, the budget is used up, or the client is closed.

    Other errors are raised at once: that nobody answers at all should be told at once, not after minutes.
    """

    def __init__(self) -> None:
        self._closed = threading.Event()

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
                wait_s = _pause(error, attempt)
                if attempt >= BUDGET.attempts or now + wait_s - began > BUDGET.total_s or self.pause(wait_s):
                    raise
                attempt += 1

    def pause(self, seconds: float) -> bool:
        """Wait. Returns whether the client was closed meanwhile."""
        return self._closed.wait(seconds)

    def close(self) -> None:
        """End every pause."""
        self._closed.set()


def _pause(error: Throttled, attempt: int) -> float:
    if error.retry_after is not None:
        return error.retry_after
    # Full jitter. Source: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter.
    return random.uniform(0, min(BUDGET.cap_s, BUDGET.base_s * 2 ** (attempt - 1)))  # noqa: S311
