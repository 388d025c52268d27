"""Workers on real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Threads:
    """Implements `stages.Workers`.

    Args:
        most: how many threads there may be at once.
    """

    def __init__(self, most: int) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="pass")
        self._woken = threading.Event()

    def start(self, work: Callable[[], None]) -> None:
        """See `stages.Workers`."""
        self._pool.submit(work)

    def wait(self, seconds: float | None) -> None:
        """See `stages.Workers`."""
        self._woken.wait(seconds)
        self._woken.clear()

    def wake(self) -> None:
        """See `stages.Workers`."""
        self._woken.set()

    def close(self) -> None:
        """Wait for everything that was started."""
        self._pool.shutdown(wait=True)
