"""The servers of one release of a deployment, from laying it out to keeping all its places filled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from orchestrator.core.errors import BackendError
from orchestrator.workspace.logs.log import size
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.serving.controller.release import Release, ReleaseBuilder
from orchestrator.workspace.serving.controller.servers import HOPELESS_AFTER, Server, ServerTask
from orchestrator.workspace.serving.files import DeploymentFiles

REBUILD_S: Final = 10.0
"""Pause before a release that could not be laid out is tried again: each try writes to the log."""


class Generation:
    """The servers of one release.

    Args:
        digest: which release.
        files: of the deployment.
        builder: lays the release out.
        servers: those that run already.

    Attributes:
        servers: by position.
        reason: what a server of it said before it ended.
        log_start: bytes that the deployment's log had before this release; what stands there is about others.
    """

    def __init__(
        self, digest: str, files: DeploymentFiles, builder: ReleaseBuilder, servers: Sequence[Server] = ()
    ) -> None:
        self.digest = digest
        self.servers = list(servers)
        self.reason = ""
        self.log_start = 0 if self.servers else size(files.log)
        self._files = files
        self._builder = builder
        self._built: Release | None = None
        self._building: asyncio.Task[Release] | None = None
        self._trouble: BackendError | None = None
        self._again = 0.0

    @property
    def ready(self) -> int:
        """Servers that answer."""
        return sum(server.ready for server in self.servers)

    @property
    def built(self) -> bool:
        """Whether it is laid out, so that servers can be started."""
        return self._built is not None

    async def look(self, task: ServerTask) -> None:
        """See how the servers are."""
        await asyncio.gather(*(server.look(task) for server in self.servers))

    async def fill(self, record: Record, task: ServerTask, count: int, *, patient: bool = True) -> str:
        """Fill all places. Returns soon.

        Args:
            record: asks for this release.
            count: of places.
            patient: servers that fail are started again; otherwise one failure is enough.

        Returns:
            Why it cannot be done; empty while it can.
        """
        await self.look(task)
        if not patient:
            failed = [server for server in self.servers if server.failures]
            if failed:
                self.reason = failed[0].reason
                return failed[0].last_exit
        while len(self.servers) < count:
            self.servers.append(Server.in_folder(self._files.folder))
        empty = [server for server in self.servers if server.process is None and server.may_start]
        if not empty and (self.built or patient):
            return ""
        try:
            release = self._release(record)
            if release is not None:
                for server in empty:
                    await asyncio.to_thread(server.start, release, task)
        except BackendError as error:
            return f"{error.detail} {error.fix}".strip()
        except OSError as error:
            return f"it cannot be started: {error}"
        return ""

    def stuck(self, problem: str) -> tuple[str, str] | None:
        """Why places stay empty, and what a server said of it; None while there is hope.

        Args:
            problem: what `fill` said.
        """
        if problem:
            return problem, ""
        broken = next((one for one in self.servers if one.failures >= HOPELESS_AFTER and not one.ready), None)
        return None if broken is None else (f"{broken.last_exit}, {broken.failures} times in a row", broken.reason)

    def shrink(self, count: int) -> list[Server]:
        """Give up the places above a count. Returns their servers, which still run."""
        surplus = self.servers[count:]
        del self.servers[count:]
        return surplus

    def give_up_building(self) -> None:
        """Lay nothing out any more."""
        if self._building is not None:
            self._building.cancel()

    def _release(self, record: Record) -> Release | None:
        """What servers are started with; None while it is being laid out."""
        if self._built is None:
            if self._building is None:
                if self._trouble is not None and time.monotonic() < self._again:
                    raise self._trouble
                self._building = asyncio.create_task(asyncio.to_thread(self._builder.build, record, self._files))
            if not self._building.done():
                return None
            building, self._building = self._building, None
            try:
                self._built = building.result()
            except BackendError as error:
                self._trouble, self._again = error, time.monotonic() + REBUILD_S
                raise
        return self._built
