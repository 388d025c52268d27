"""The command line's end of the supervisor: starts it, wakes it, asks it, stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import BackendError, Failed, TimedOut, Transient
from orchestrator.core.extras import install_extra
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.database import gone
from orchestrator.workspace.supervision.control import ControlFiles, call, held
from orchestrator.workspace.supervision.guard import start_guard

START_TIMEOUT_S: Final = 20.0
"""How long a supervisor may take to answer for the first time."""

STOP_TIMEOUT_S: Final = 30.0
"""How long everything may take to stop; jobs and servers get a grace period of their own within it."""

LOOK_TIMEOUT_S: Final = 20.0
"""How long managers may take until each has looked at the records once; starting the router is a part of that."""

LOCAL_EXTRA: Final = install_extra("local")
"""What installs everything that runs things on this machine."""

_POLL_S: Final = 0.02
_RESTART_AFTER_S: Final = 5.0
_NEEDED: Final = ("httptools", "mlflow", "psutil")
_LOG_LINES: Final = 10


class SupervisorClient:
    """Talks to the supervisor of one workspace. Safe to use from several threads.

    Args:
        paths: the workspace.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths
        self._files = ControlFiles(paths)
        self._lock = threading.Lock()

    def alive(self) -> bool:
        """Whether a supervisor answers. Starts nothing."""
        return self.answers(within_s=5.0)

    def answers(self, within_s: float = 1.0) -> bool:
        """Whether a supervisor answers soon. One that hangs does not."""
        try:
            call(self._paths, "ping", timeout_s=within_s)
        except BackendError:
            return False
        return True

    def ensure(self) -> None:
        """Make sure that a supervisor answers: starts guard and supervisor if none does.

        Raises:
            Failed: what it needs is not installed, the workspace's folder was deleted, or it does not start; the detail has the last lines
                of its log.
        """
        with self._lock:
            if not self.alive():
                self._start()

    def until_looked(self, progress: Callable[[str], None], timeout_s: float = LOOK_TIMEOUT_S) -> None:
        """Wait until every manager has looked at the records once: until then they say how things were before.

        Args:
            progress: told what is waited for.
            timeout_s: after so many seconds the managers go on in the background.
        """
        deadline = time.monotonic() + timeout_s
        shown: list[str] = []
        while waiting := list(self.status().get("pending") or ()):
            if waiting != shown:
                progress(f"The supervisor is running; waiting for: {', '.join(waiting)}")
                shown = waiting
            if time.monotonic() > deadline:
                progress(
                    f"Not looked at within {timeout_s:.0f} s: {', '.join(waiting)}. It continues in the background."
                )
                return
            time.sleep(_POLL_S)

    def nudge(self) -> None:
        """Tell the supervisor that records have changed. Without one nothing happens: it looks by itself when it starts."""
        try:
            call(self._paths, "nudge")
        except Transient:
            return

    def status(self) -> Mapping[str, Any]:
        """What the supervisor says about itself and its processes; empty if there is none."""
        try:
            return call(self._paths, "status")
        except Transient:
            return {}

    def trouble(self) -> str:
        """What keeps the supervisor from its work, in words; empty if nothing does, or if there is none."""
        broken: Mapping[str, str] = self.status().get("broken") or {}
        return "; ".join(f"{part}: {why}" for part, why in sorted(broken.items()))

    def shutdown(self) -> bool:
        """Stop the supervisor, its guard and everything that they started.

        Returns:
            Whether there was anything to stop.

        Raises:
            TimedOut: something did not stop in time.
        """
        with self._lock:
            if not self._stands():
                return False
            # A guard without a supervisor is about to start one; only that one knows which processes to stop.
            deadline = time.monotonic() + STOP_TIMEOUT_S
            asked = False
            while self._stands():
                asked = asked or self._ask_to_stop()
                if time.monotonic() > deadline:
                    raise TimedOut(f"The workspace did not stop within {STOP_TIMEOUT_S:.0f} s; see {self._files.log}.")
                time.sleep(_POLL_S)
            return True

    def _ask_to_stop(self) -> bool:
        try:
            call(self._paths, "shutdown")
        except Transient:
            return False
        return True

    def _stands(self) -> bool:
        return held(self._files.supervisor_lock) or held(self._files.guard_lock)

    def _start(self) -> None:
        missing = missing_packages()
        if missing:
            raise Failed(
                f"The embedded workspace cannot run anything here: {', '.join(missing)} not installed.",
                code="missing-extra",
                fix=LOCAL_EXTRA,
            )
        if not self._paths.marker.is_file():
            raise gone(self._paths)
        deadline = time.monotonic() + START_TIMEOUT_S
        next_start = 0.0
        while not self.alive():
            now = time.monotonic()
            if now > deadline:
                raise Failed(f"The supervisor does not start.{_tail(self._files.log)}", code="supervisor")
            if now >= next_start:
                self._start_guard()
                next_start = now + _RESTART_AFTER_S
            time.sleep(_POLL_S)

    def _start_guard(self) -> None:
        try:
            start_guard(self._paths)
        except OSError as error:
            raise Failed(
                f"The workspace's supervisor cannot be started: {error.strerror or error}.", code="supervisor"
            ) from error


def missing_packages() -> tuple[str, ...]:
    """Distributions of the ``local`` extra without which nothing can be run. Imports none of them."""
    return tuple(name for name in _NEEDED if find_spec(name) is None)


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    except OSError:
        return ""
    return "\n" + "\n".join(lines) if lines else ""
