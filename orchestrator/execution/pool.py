"""A pool of threads that do work and hand back what came of it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Completed(Generic[Work, Result]):
    """A piece of work with its result, or with what it raised."""

    work: Work
    result: Result | None
    error: BaseException | None = None


class WorkerPool(Generic[Work, Result]):
    """A fixed number of threads.

    The threads are daemons: after an abort the process may end although a call never returns, which the threads of
    `concurrent.futures` do not allow.

    Args:
        size: how many threads.
        do: the work; called in any of the threads.
    """

    def __init__(self, size: int, do: Callable[[Work], Result]) -> None:
        self._todo: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Completed[Work, Result]] = queue.SimpleQueue()
        self._do = do
        self._size = size
        for number in range(size):
            threading.Thread(target=self._serve, name=f"apply-{number}", daemon=True).start()

    def submit(self, work: Work) -> None:
        """Hand over a piece of work."""
        self._todo.put(work)

    def completed(self, timeout_s: float) -> list[Completed[Work, Result]]:
        """All that was completed meanwhile. Waits for the first."""
        try:
            finished = [self._done.get(timeout=timeout_s)]
        except queue.Empty:
            return []
        while not self._done.empty():
            finished.append(self._done.get())
        return finished

    def shut_down(self) -> None:
        """Let the threads end once they are through with what they have."""
        for _ in range(self._size):
            self._todo.put(None)

    def _serve(self) -> None:
        while (work := self._todo.get()) is not None:
            try:
                self._done.put(Completed(work, self._do(work)))
            except BaseException as error:
                # Not swallowed: whoever takes the results raises it again.
                self._done.put(Completed(work, None, error))
