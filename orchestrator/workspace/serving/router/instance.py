"""One scoring server as the router uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from orchestrator.workspace.serving.router.upstream import UpstreamConnection, connect

_FIRST_RETRY_S = 0.02
_LAST_RETRY_S = 0.5


class Instance:
    """One scoring server.

    Attributes:
        busy: requests that it holds now.
        up: False from the moment it cannot be reached until it can.
        retired: it left the routing table; it gets no further request.
        answered_at: when it gave its last answer, seconds of the loop's clock.
    """

    def __init__(self, socket: str, came_up: Callable[[], None]) -> None:
        self.socket = socket
        self.busy = 0
        self.up = True
        self.retired = False
        self.answered_at = 0.0
        self._idle: list[UpstreamConnection] = []
        self._came_up = came_up
        self._probe: asyncio.Task[None] | None = None

    def idle_connection(self) -> UpstreamConnection | None:
        """A connection that is open and does nothing."""
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        return None

    async def new_connection(self) -> UpstreamConnection:
        """One more connection.

        Raises:
            OSError: nobody listens.
        """
        return await connect(self.socket)

    def give_back(self, connection: UpstreamConnection) -> None:
        """Keep a connection for the next request, if it is still good for one."""
        if connection.usable and not self.retired:
            self._idle.append(connection)
        else:
            connection.close()

    def drop_idle(self) -> None:
        """Use none of the idle connections any more."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def went_down(self) -> None:
        """Take it out until somebody listens there again."""
        if self.up and not self.retired:
            self.up = False
            self._probe = asyncio.create_task(self._until_up())

    def retire(self) -> None:
        """Send it nothing more. Requests that it holds are finished."""
        self.retired = True
        if self._probe is not None:
            self._probe.cancel()
        self.drop_idle()

    async def _until_up(self) -> None:
        pause = _FIRST_RETRY_S
        while True:
            try:
                self._idle.append(await connect(self.socket))
                break
            except OSError:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LAST_RETRY_S)
        self.up = True
        self._came_up()
