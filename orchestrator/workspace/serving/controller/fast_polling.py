"""Looks again soon, and again, while something is in progress: the supervisor's own rounds are further apart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

SOON_S: Final = 0.05
"""Pause before the first further look, seconds."""

_LONGEST_PAUSE_S = 0.5
_log = logging.getLogger("orchestrator.serving")


class FastPolling:
    """Repeats a round while it says that something is in progress.

    Args:
        look: one round; returns whether something is in progress.
    """

    def __init__(self, look: Callable[[], Awaitable[bool]]) -> None:
        self._look = look
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._closed = False

    def up(self, delay_s: float) -> None:
        """Look again after a delay, in seconds."""
        self._again = True
        if self._closed or (self._task is not None and not self._task.done()):
            return
        self._task = asyncio.create_task(self._soon(delay_s))

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()

    async def _soon(self, delay_s: float) -> None:
        busy = False
        while busy or self._again:
            self._again = False
            await asyncio.sleep(delay_s)
            try:
                busy = await self._look()
            except Exception:  # the supervisor's next round reports it if it persists
                _log.exception("a round failed")
                return
            delay_s = min(max(SOON_S, 1.3 * delay_s), _LONGEST_PAUSE_S)
