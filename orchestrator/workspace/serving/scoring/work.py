"""Hands requests to the thread that runs model code, one at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from .answers import Answer

MAX_WAITING = 1000
"""Requests that wait at most. The router sends far fewer; this bounds what anything else could pile up."""


class Call:
    """One request on its way through the model.

    Args:
        work: makes the answer; never raises.
        deliver: takes the answer; called in the thread that works.
    """

    __slots__ = ("abandoned", "deliver", "work")

    def __init__(self, work: Callable[[], Answer], deliver: Callable[[Answer], None]) -> None:
        self.work = work
        self.deliver = deliver
        self.abandoned = False


class Desk:
    """A bounded queue of calls. What nobody waits for any more is not started.

    Args:
        limit: of calls that wait.
    """

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._waiting: deque[Call] = deque()
        self._current: Call | None = None
        self._closed = False

    @property
    def stuck(self) -> bool:
        """Whether the thread works for somebody who has left, so that it does nothing for those who wait."""
        current = self._current
        return current is not None and current.abandoned

    def submit(self, call: Call) -> bool:
        """Let a call wait for its turn. Returns whether there was room."""
        with self._changed:
            if len(self._waiting) >= self._limit:
                return False
            self._waiting.append(call)
            self._changed.notify()
        return True

    def abandon(self, call: Call) -> None:
        """Nobody waits for it any more: it is not started, or its answer is dropped."""
        with self._changed:
            call.abandoned = True
            if call in self._waiting:
                self._waiting.remove(call)

    def close(self) -> None:
        """Let `serve` return when nothing waits."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def serve(self) -> None:
        """Work until closed. Call it in the thread that shall run model code."""
        while True:
            call = self._next()
            if call is None:
                return
            answer = call.work()
            self._current = None
            if not call.abandoned:
                call.deliver(answer)

    def _next(self) -> Call | None:
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                self._changed.wait()
            self._current = self._waiting.popleft()
            return self._current
