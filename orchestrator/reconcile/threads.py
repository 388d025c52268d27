"""Workers on real threads."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Threads:
    """Implements `stages.Workers`.

    Args:
        most: how many threads there may be at once.
    """

    def __init__(self, most: int) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="pass")
        # Unlike an event, a simple queue may be put to from a signal handler that interrupts the very wait.
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()

    def start(self, work: Callable[[], None]) -> None:
        """See `stages.Workers`."""
        self._pool.submit(work)

    def wait(self, seconds: float | None) -> None:
        """See `stages.Workers`."""
        with contextlib.suppress(queue.Empty):
            self._wakes.get(timeout=seconds)
            while True:
                self._wakes.get_nowait()

    def wake(self) -> None:
        """See `stages.Workers`."""
        self._wakes.put(None)

    def close(self) -> None:
        """Wait for everything that was started."""
        self._pool.shutdown(wait=True)
