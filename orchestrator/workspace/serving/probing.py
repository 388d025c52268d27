"""Asks a scoring server or the router, over its unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Probe:
    """How a server is asked whether it is well.

    Attributes:
        path: answered with 200 when all is well.
        initial_delay_s, period_s, timeout_s: seconds.
        failure_threshold: failures in a row that mean it is not.

    Source of names and defaults: Azure ML CLI v2 YAML reference, managed online deployment, ProbeSettings.
    """

    path: str = "/"
    initial_delay_s: float = 10.0
    period_s: float = 10.0
    timeout_s: float = 2.0
    failure_threshold: int = 30

    @classmethod
    def of(cls, body: Mapping[str, Any], *names: str) -> Probe:
        """The first of the named probe settings that a deployment has, or the defaults."""
        for name in names:
            settings = body.get(name)
            if isinstance(settings, Mapping):
                given = {name: value for name, value in settings.items() if value is not None}
                return cls(
                    str(given.get("path") or "/"),
                    float(given.get("initial_delay", 10)),
                    float(given.get("period", 10)),
                    float(given.get("timeout", 2)),
                    int(given.get("failure_threshold", 30)),
                )
        return cls()

    @property
    def patience_s(self) -> float:
        """How long a server may take to become well, seconds."""
        return self.initial_delay_s + self.period_s * self.failure_threshold


async def answers(socket: str, path: str, timeout_s: float) -> bool:
    """Whether a server answers GET on a path with 200 in time."""
    with contextlib.suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: scoring\r\nConnection: close\r\n\r\n".encode())
                return (await reader.readline()).split(b" ")[1] == b"200"
            finally:
                writer.close()
    return False


async def ask_router(socket: Path, command: str, timeout_s: float = 5.0) -> Mapping[str, Any] | None:
    """Send the router a command.

    Args:
        command: ``reload``, ``status`` or ``counters``.

    Returns:
        Its answer; None if it does not answer in time.
    """
    with contextlib.suppress(OSError, TimeoutError, ValueError):
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(str(socket), limit=1 << 24)
            try:
                writer.write(json.dumps({"command": command}).encode() + b"\n")
                answer = json.loads(await reader.readline())
                return answer if isinstance(answer, dict) else None
            finally:
                writer.close()
    return None
