"""What the runs of a far workspace have logged: asked for when somebody looks, and kept for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from orchestrator.core.figures import Figures
from orchestrator.core.health import Health
from orchestrator.core.ports import Backend
from orchestrator.core.resource import Observed
from orchestrator.core.tracked import RunFile, Tracked, tracked_of

RUNNING_S: Final = 10.0
"""Answers about a run that goes on are kept this long, seconds."""

ENDED_S: Final = 600.0
"""The same of one that has ended: what it has logged does not change."""

_MOST: Final = 500


class Kept:
    """Answers, with the time at which they are asked for again. May be used from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[tuple[str, ...], tuple[float, Any]] = {}

    def get(self, key: tuple[str, ...], lasts_s: float, ask: Callable[[], Any]) -> Any:
        """What is known, or what is asked for now."""
        with self._lock:
            until, value = self._found.get(key, (0.0, None))
        if self._clock() < until:
            return value
        value = ask()
        with self._lock:
            if len(self._found) >= _MOST:
                self._found.clear()
            self._found[key] = (self._clock() + lasts_s, value)
        return value


class FarRuns:
    """See `core.tracked.Tracked`.

    Args:
        opened: the workspace, for as long as a question lasts.
    """

    def __init__(self, opened: Callable[[], AbstractContextManager[Backend]], kept: Kept) -> None:
        self._opened = opened
        self._kept = kept

    def figures(self, run: Observed) -> Figures | None:
        found: Figures | None = self._asked("figures", run, lambda tracked: tracked.figures(run))
        return found

    def children(self, run: Observed) -> Sequence[Figures]:
        found: Sequence[Figures] = self._asked("children", run, lambda tracked: tracked.children(run))
        return found

    def files(self, run: Observed) -> Sequence[RunFile]:
        found: Sequence[RunFile] = self._asked("files", run, lambda tracked: tracked.files(run))
        return found

    def file(self, run: Observed, name: str) -> Path | None:
        with self._opened() as backend:
            return tracked_of(backend).file(run, name)

    def _asked(self, what: str, run: Observed, ask: Callable[[Tracked], Any]) -> Any:
        def now() -> Any:
            with self._opened() as backend:
                return ask(tracked_of(backend))

        lasts = RUNNING_S if run.health is Health.PROGRESSING else ENDED_S
        return self._kept.get((what, str(run.address), run.revision, run.health.value), lasts, now)
