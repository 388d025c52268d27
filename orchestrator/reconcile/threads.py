"""Workers on real threads."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable


class Threads:
    """Implements `stages.Workers`.

    Args:
        most: how many may work at once.

    The threads are daemons: a process that was told to hurry must end although a call never returns.
    """

    def __init__(self, most: int) -> None:
        self._room = threading.BoundedSemaphore(most)
        self._threads: set[threading.Thread] = set()
        # Unlike an event, a simple queue may be put to from a signal handler that interrupts the very wait.
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()

    def start(self, work: Callable[[], None]) -> None:
        """See `stages.Workers`."""

        def run() -> None:
            try:
                with self._room:
                    work()
            finally:
                self._threads.discard(thread)

        thread = threading.Thread(target=run, name="pass", daemon=True)
        self._threads.add(thread)
        thread.start()

    def wait(self, seconds: float | None) -> None:
        """See `stages.Workers`."""
        with contextlib.suppress(queue.Empty):
            self._wakes.get(timeout=seconds)
            while True:
                self._wakes.get_nowait()

    def wake(self) -> None:
        """See `stages.Workers`."""
        self._wakes.put(None)

    def close(self, seconds: float | None = None) -> bool:
        """See `stages.Workers`."""
        until = None if seconds is None else time.monotonic() + seconds
        for thread in list(self._threads):
            thread.join(None if until is None else max(0.0, until - time.monotonic()))
        return not self._threads
