"""Reads the counters of endpoints every few seconds while somebody looks, and keeps the last minutes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.metering import Count, Reading

EVERY_S: Final = 2.0
KEPT: Final = 300
"""Readings of an endpoint: ten minutes."""

LOOKED_S: Final = 600.0
"""So long after the last look the counters are still read, seconds: whoever comes back sees what happened meanwhile."""


class Meter:
    """Readings of endpoints. May be used from several threads.

    Args:
        read: the counters of an endpoint now. What it raises is taken for no answer.
    """

    def __init__(self, read: Callable[[Address], Mapping[str, Count]], every_s: float = EVERY_S) -> None:
        self._read = read
        self._every_s = every_s
        self._lock = threading.Lock()
        self._kept: dict[Address, deque[Reading]] = {}
        self._looked: dict[Address, float] = {}
        self._thread: threading.Thread | None = None

    def readings(self, endpoint: Address) -> Sequence[Reading]:
        """What is known of an endpoint, oldest first, and now. From now on it is read every few seconds."""
        with self._lock:
            self._looked[endpoint] = time.monotonic()
            known = self._kept.get(endpoint)
            fresh = bool(known) and known is not None and time.time() - known[-1].at < self._every_s
        if not fresh:
            self._take(endpoint)
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="meter", daemon=True)
                self._thread.start()
            return tuple(self._kept.get(endpoint, ()))

    def _take(self, endpoint: Address) -> None:
        try:
            counts = self._read(endpoint)
        except Exception:  # nobody waits for it; the page itself says what is wrong
            return
        if counts:
            with self._lock:
                self._kept.setdefault(endpoint, deque(maxlen=KEPT)).append(Reading(time.time(), counts))

    def _work(self) -> None:
        while True:
            time.sleep(self._every_s)
            with self._lock:
                now = time.monotonic()
                self._looked = {each: at for each, at in self._looked.items() if now - at < LOOKED_S}
                watched = list(self._looked)
                if not watched:
                    self._thread = None
                    return
            for endpoint in watched:
                self._take(endpoint)
