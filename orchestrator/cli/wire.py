"""Serves an embedded workspace as Azure Resource Manager, and tells programs where."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

from orchestrator.backends.azure.specification.judge import Specification
from orchestrator.cli.console import Console
from orchestrator.kinds import discover
from orchestrator.workspace.service import arm_environment, arm_service

LOOK_S: Final = 1.0
"""How often the server looks whether its workspace still exists, seconds."""


def serve_until_stopped(root: Path, port: int, console: Console, *, lenient: bool = False, **manners: Any) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        root: the workspace's folder.
        port: on loopback; 0 means any that is free.
        lenient: what Azure would refuse is accepted, as far as the workspace can do it.
        manners: see `Manners`; all but the rules.

    Raises:
        UnsupportedSetup: the azure extra is not installed.
        Invalid: the port is taken.
        Conflict: another process serves this workspace.
    """
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    kinds = discover()
    rules = None if lenient else Specification(kinds)
    service = arm_service(root, port, kinds=kinds, rules=rules, **manners)
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        service.start()
        _tell(root, service.url, console)
        _load(rules, console)
        while not stopped.wait(LOOK_S):
            if not service.stands:
                console.error("The workspace was deleted.")
                break
    finally:
        service.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _load(rules: Specification | None, console: Console) -> None:
    """Import the models that the rules are read from: that takes seconds, and requests that come before it is done wait for it."""
    if rules is not None and not rules.load():
        console.notice(
            "The installed azure-ai-ml has no models of the specification: only the documented rules are checked."
        )


def _tell(root: Path, url: str, console: Console) -> None:
    """Say where the server is."""
    if console.json:
        console.document({"path": str(root), "url": url})
        return
    console.result(f"Serving {root.name} at {url}. Press Ctrl-C to stop.")
    there = shlex.quote(str(root))
    console.result(f'To use it from a shell, run: eval "$(amlctl workspace env --arm --path {there})"')


def client_environment(root: Path) -> Mapping[str, str]:
    """What a program needs in its environment to find and trust the running server.

    Raises:
        NotFound: none runs.
    """
    return arm_environment(root)


def export_lines(settings: Mapping[str, str]) -> str:
    """The same as lines for a POSIX shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in settings.items())
