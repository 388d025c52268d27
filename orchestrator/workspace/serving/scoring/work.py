"""Hands requests to the thread that runs model code, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue

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


class WorkQueue:
    """A bounded queue of calls. What nobody waits for any more is not started.

    One thread submits and abandons, another one works. They share a queue of the standard library and sets of calls, whose
    single operations need no lock; a lock held while waking the other thread costs two more switches for each request.

    Args:
        limit: of calls that wait.
    """

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._limit = limit
        self._queue: SimpleQueue[Call | None] = SimpleQueue()
        self._waiting: set[Call] = set()
        self._current: Call | None = None

    @property
    def stuck(self) -> bool:
        """Whether the thread works for somebody who has left, so that it does nothing for those who wait."""
        current = self._current
        return current is not None and current.abandoned

    def submit(self, call: Call) -> bool:
        """Let a call wait for its turn. Returns whether there was room."""
        if len(self._waiting) >= self._limit:
            return False
        self._waiting.add(call)
        self._queue.put(call)
        return True

    def abandon(self, call: Call) -> None:
        """Nobody waits for it any more: it is not started, or its answer is dropped."""
        call.abandoned = True
        if call in self._waiting:
            self._waiting.discard(call)
            call.work = _nothing  # the request's body is not kept until its turn comes

    def close(self) -> None:
        """Let `serve` return when nothing waits."""
        self._queue.put(None)

    def serve(self) -> None:
        """Work until closed. Call it in the thread that shall run model code."""
        while True:
            call = self._queue.get()
            if call is None:
                return
            self._waiting.discard(call)
            if call.abandoned:
                continue
            self._current = call
            answer = call.work()
            self._current = None
            if not call.abandoned:
                call.deliver(answer)


def _nothing() -> Answer:
    return Answer(503, b"")
