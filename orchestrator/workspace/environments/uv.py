"""Calls uv, which makes virtual environments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Failed, Invalid
from orchestrator.core.extras import install_extra
from orchestrator.workspace.processes.process import child_environment

INSTALL_TIMEOUT_S: Final = 1800.0
"""Bound on one call, seconds: large frameworks over a home line take many minutes."""

_ERROR_CHARACTERS: Final = 2000


class Uv:
    """Runs uv, possibly several at a time from different threads, and can end them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def run(self, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        """Call uv and wait for it.

        Args:
            arguments: of its command line.
            environ: variables beside this process's own.

        Returns:
            Its standard output.

        Raises:
            Failed: it did not succeed, with its own words; or it was stopped.
            Invalid: it is not installed.
        """
        child = self._start(arguments, environ or {})
        try:
            output, errors = child.communicate(timeout=INSTALL_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise Failed(f"uv {arguments[0]} took longer than {INSTALL_TIMEOUT_S:g} s.") from None
        finally:
            with self._lock:
                self._running.discard(child)
        if self._stopped:
            raise Failed("Interrupted while the environment was being built.")
        if child.returncode:
            raise Failed(f"The environment cannot be built.\n{errors.strip()[-_ERROR_CHARACTERS:]}", code="environment")
        return output

    def stop(self) -> None:
        """End all calls, and refuse further ones."""
        with self._lock:
            self._stopped = True
            for child in self._running:
                child.kill()

    def _start(self, arguments: tuple[str, ...], extra: Mapping[str, str]) -> subprocess.Popen[str]:
        # Somebody else's virtual environment must not decide where packages go.
        environ = {name: value for name, value in child_environment(extra).items() if name != "VIRTUAL_ENV"}
        argv = [_program(), *arguments]
        with self._lock:
            if self._stopped:
                raise Failed("Interrupted before the environment was built.")
            child = subprocess.Popen(
                argv,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            self._running.add(child)
            return child


def _program() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("uv")
    if found is None:
        raise Invalid("uv is not installed; it is required to build environments.", fix=install_extra("local"))
    return found
