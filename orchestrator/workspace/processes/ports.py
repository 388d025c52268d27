"""Ports of the loopback interface."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Final

LOOPBACK: Final = "127.0.0.1"


def free_port() -> int:
    """A port that nobody uses at this moment."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses at this moment, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]
