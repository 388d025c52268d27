"""Servers on their way out: each ends once it has nothing at hand any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from orchestrator.workspace.serving.controller.servers import Server

DRAIN_S: Final = 60.0
"""How long a server may go on with what it has at hand, seconds."""


@dataclass(slots=True)
class _DrainingServer:
    """A server that left the routing table, or is about to.

    Attributes:
        patient: it may finish what it has at hand.
        ending: under way once it has nothing at hand any more.
    """

    server: Server
    patient: bool
    since: float = field(default_factory=time.monotonic)
    ending: asyncio.Task[None] | None = None

    def may_end(self, busy: Mapping[str, int] | None) -> bool:
        idle = busy is not None and not busy.get(str(self.server.socket), 0)
        return idle or not self.patient or time.monotonic() - self.since > DRAIN_S


class DrainingServers:
    """The servers of one deployment that are on their way out."""

    def __init__(self) -> None:
        self._draining: list[_DrainingServer] = []

    def __bool__(self) -> bool:
        return bool(self._draining)

    @property
    def servers(self) -> list[Server]:
        """Those that are still there."""
        return [draining.server for draining in self._draining]

    def add(self, servers: Iterable[Server], *, patient: bool = True) -> None:
        """Let servers go. Without patience they were never in the routing table, so that nothing can be at hand."""
        self._draining += [_DrainingServer(server, patient) for server in servers]

    def retire(self, busy: Mapping[str, int] | None) -> bool:
        """End those that have nothing at hand.

        Args:
            busy: socket to requests at hand, from the router after the table was put in force; None if it is not known.

        Returns:
            Whether some have gone since the last time.
        """
        for draining in self._draining:
            if draining.ending is None and draining.may_end(busy):
                draining.ending = asyncio.create_task(draining.server.end())
        staying = [draining for draining in self._draining if draining.ending is None or not draining.ending.done()]
        gone = len(staying) != len(self._draining)
        self._draining = staying
        return gone

    def clear(self) -> None:
        """Forget all: they have been ended otherwise."""
        self._draining.clear()
