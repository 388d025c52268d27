"""Waits for what the service does by itself: operations and provisioning."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.errors import Cancelled, Failed, NotFound, TimedOut
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation, Clock, Progress
from orchestrator.core.resource import Observed

FIRST_PAUSE_S: Final = 0.2
_GROWTH: Final = 1.5

LAGGING_READS: Final = 5
"""So many reads may find nothing yet. With growing pauses they take some two seconds. Ours; the service promises no bound."""

Key = tuple[Address, str]


class Operations:
    """The pollers of operations that this process started. Another process waits by reading the resource instead."""

    def __init__(self) -> None:
        self._pollers: dict[Key, Any] = {}
        self._using = threading.Lock()

    def put(self, key: Key, poller: Any) -> None:
        """Remember an operation that goes on; None says that there is none."""
        with self._using:
            if poller is None:
                self._pollers.pop(key, None)
            else:
                self._pollers[key] = poller

    def get(self, key: Key) -> Any:
        """The operation that goes on, or None."""
        with self._using:
            return self._pollers.get(key)


class Pace:
    """Pauses that grow up to the polling interval, and a bound on all of them together."""

    def __init__(self, clock: Clock, timeout_s: float | None, longest_s: float) -> None:
        self._clock = clock
        self._longest = longest_s
        self._pause = min(FIRST_PAUSE_S, longest_s)
        self._deadline = None if timeout_s is None else clock.monotonic() + timeout_s
        self._bound = timeout_s

    def rest(self, what: str, cancel: Cancellation) -> None:
        """Pause.

        Raises:
            TimedOut: the bound has passed.
            Cancelled: aborted meanwhile.
        """
        if self._deadline is not None and self._clock.monotonic() >= self._deadline:
            raise TimedOut(f"{what} is still in progress after {self._bound:g} s.")
        if cancel.sleep(self._pause):
            raise Cancelled(f"Stopped waiting for {what}; it continues in the workspace.")
        self._pause = min(self._longest, self._pause * _GROWTH)


def finish(poller: Any, what: str, pace: Pace, cancel: Cancellation, result: Callable[[], Any]) -> None:
    """Wait until an operation of ours has ended.

    Args:
        result: gives the operation's result or raises what it failed with, translated.

    Raises:
        Failed: the operation failed; with the service's reason.
        TimedOut, Cancelled: see `Pace.rest`.
    """
    while not poller.done():
        pace.rest(what, cancel)
    result()


def until_settled(
    read: Callable[[], Observed | None], what: str, pace: Pace, cancel: Cancellation, progress: Progress
) -> Observed:
    """Read something until it is no longer in progress. Tells of each new state.

    The first reads may find nothing: what an operation has made may be read a moment later only.

    Raises:
        Failed: it came to a bad end.
        NotFound: it is gone.
        TimedOut, Cancelled: see `Pace.rest`.
    """
    shown = ""
    seen, misses = False, 0
    while True:
        found = read()
        if found is None:
            misses += 1
            if seen or misses > LAGGING_READS:
                raise NotFound(f"{what} was deleted in the meantime.")
            pace.rest(what, cancel)
            continue
        seen = True
        if found.health is Health.DEGRADED:
            raise Failed(found.message or f"{what} failed.", code=str(found.attributes.get("state") or "failed"))
        if found.health is not Health.PROGRESSING:
            return found
        if found.message and found.message != shown:
            shown = found.message
            progress(shown)
        pace.rest(what, cancel)
