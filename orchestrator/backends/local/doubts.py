"""What a record says of a server is as good as the supervisor that wrote it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from orchestrator.core.health import Health
from orchestrator.core.ports import Clock
from orchestrator.core.resource import Observed

UNWATCHED: Final = "health unknown: the supervisor is not running (start it with `amlctl workspace up`)"
_VALID_S: Final = 1.0


class Doubts:
    """Reports what runs as UNKNOWN while no supervisor answers that could have noticed its end.

    Args:
        answers: whether the supervisor answers; asked at most once a second, and only if something is said to be healthy.
        clock: for that second.
    """

    def __init__(self, answers: Callable[[], bool], clock: Clock) -> None:
        self._answers = answers
        self._clock = clock
        self._asked_at = float("-inf")
        self._watched = False

    def of(self, observed: Observed) -> Observed:
        """The object as it can be vouched for."""
        if observed.health is not Health.HEALTHY or self._is_watched():
            return observed
        return replace(observed, health=Health.UNKNOWN, message=UNWATCHED)

    def _is_watched(self) -> bool:
        now = self._clock.monotonic()
        if now - self._asked_at > _VALID_S:
            self._watched, self._asked_at = self._answers(), now
        return self._watched
