"""One deployment: its release in force, the one that shall follow, and servers on their way out."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from typing import Any

from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.logs.log import note, tail
from orchestrator.workspace.processes.process import ProcessIdentity
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.serving.controller.draining import DRAIN_S, DrainingServers
from orchestrator.workspace.serving.controller.generation import Generation
from orchestrator.workspace.serving.controller.memory import Remembered, ServerMemory
from orchestrator.workspace.serving.controller.release import ReleaseBuilder, release_of
from orchestrator.workspace.serving.controller.servers import Server, ServerTask
from orchestrator.workspace.serving.controller.serving_status import ServingStatus
from orchestrator.workspace.serving.files import DeploymentFiles
from orchestrator.workspace.serving.probing import Probe
from orchestrator.workspace.serving.sockets import forget_sockets
from orchestrator.workspace.serving.table import (
    DEFAULT_CONCURRENCY,
    DEFAULT_QUEUE,
    DEFAULT_TIMEOUT_S,
    DeploymentRoute,
)


class Deployment:
    """Keeps one deployment's servers in line with its record.

    A new release is started beside the one in force and takes its place when all its servers answer; if it fails, the one in force stays.

    Args:
        paths: the workspace.
        endpoint, name: which deployment.
        builder: lays releases out.
    """

    def __init__(self, paths: WorkspacePaths, endpoint: str, name: str, builder: ReleaseBuilder) -> None:
        self._files = DeploymentFiles(paths, endpoint, name)
        self._endpoint = endpoint
        self._name = name
        self._builder = builder
        self._current: Generation | None = None
        self._next: Generation | None = None
        self._draining = DrainingServers()
        self._failed: tuple[int, str] | None = None
        self._route = DeploymentRoute(name, ())
        self._parting = 0.0
        self._memory = ServerMemory(self._files)
        self._files.create()
        self._adopt()

    @property
    def route(self) -> DeploymentRoute | None:
        """What the router shall know; None while there is no release that ever answered."""
        return self._route if self._route.sockets else None

    @property
    def processes(self) -> tuple[ProcessIdentity, ...]:
        """All processes that run for it."""
        return tuple(server.process for server in self._all() if server.process is not None)

    @property
    def serving(self) -> tuple[ProcessIdentity, ...]:
        """The processes of the release in force."""
        servers = self._current.servers if self._current is not None else []
        return tuple(server.process for server in servers if server.process is not None)

    @property
    def answers(self) -> bool:
        """Whether at least one server of the release in force answers."""
        return self._current is not None and self._current.ready > 0

    async def step(self, record: Record) -> ServingStatus:
        """Look once: start, promote, restart, retire. Returns soon."""
        body = record.body
        task = ServerTask(
            self._name,
            self._files.log,
            Probe.of(body, "startup_probe", "readiness_probe"),
            Probe.of(body, "liveness_probe"),
        )
        count = int(body.get("instance_count", 1))
        digest = release_of(record)
        if self._current is not None and self._current.digest == digest:
            self._abandon_next()
            serving_status = await self._keep(self._current, record, task, count)
        else:
            serving_status = await self._advance(digest, record, task, count)
        self._route = self._routed(body)
        self._save()
        return serving_status

    async def retire(self, busy: Mapping[str, int] | None) -> bool:
        """End servers that left the table once they have nothing at hand.

        Args:
            busy: socket to requests at hand, from the router after the table was put in force; None if it is not known.

        Returns:
            Whether some are still there.
        """
        if self._draining.retire(busy):
            self._save()
            self._clean()
        return bool(self._draining)

    def drained(self, busy: Mapping[str, int] | None) -> bool:
        """Whether no server has anything at hand, after the deployment left the table. Gives up waiting after a while."""
        if not self._parting:
            self._parting = time.monotonic()
        idle = busy is not None and not any(busy.get(str(server.socket), 0) for server in self._all())
        return idle or time.monotonic() - self._parting > DRAIN_S

    async def stop(self) -> None:
        """End all servers."""
        for generation in (self._current, self._next):
            if generation is not None:
                generation.give_up_building()
        await asyncio.gather(*(server.end() for server in self._all()))
        self._draining.clear()
        self._next = None
        self._save()

    async def remove(self) -> None:
        """End all servers and remove the deployment's folder."""
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self._files.folder, ignore_errors=True)
        forget_sockets(self._files.folder)

    async def _advance(self, digest: str, record: Record, task: ServerTask, count: int) -> ServingStatus:
        if self._failed is not None and self._failed[0] == record.generation:
            if self._current is not None:
                await self._look_after_old(self._current, record, task)
            return ServingStatus(Health.DEGRADED, "failed", self._failed[1])
        if self._next is None or self._next.digest != digest:
            self._abandon_next()
            self._next = Generation(digest, self._files, self._builder)
        coming = self._next
        if self._current is not None:
            await self._look_after_old(self._current, record, task)
        problem = await coming.fill(record, task, count, patient=False)
        if problem:
            return self._fail(record, problem, coming)
        if not coming.built:
            return ServingStatus(Health.PROGRESSING, "preparing", "model, code and environment are laid out", busy=True)
        if coming.ready < count:
            text = f"{coming.ready} of {count} scoring servers answer"
            return ServingStatus(
                Health.PROGRESSING, "starting" if self._current is None else "updating", text, busy=True
            )
        self._promote(coming)
        return ServingStatus(Health.HEALTHY, "running", busy=bool(self._draining))

    async def _keep(self, current: Generation, record: Record, task: ServerTask, count: int) -> ServingStatus:
        self._failed = None
        self._draining.add(current.shrink(count))
        problem = await current.fill(record, task, count)
        if current.ready == count:
            return ServingStatus(Health.HEALTHY, "running", busy=bool(self._draining))
        text = f"{current.ready} of {count} scoring servers answer"
        stuck = current.stuck(problem)
        if stuck is not None:
            how, reason = stuck
            return ServingStatus(Health.DEGRADED, "restarting", self._explained(f"{text}: {how}", reason, current))
        return ServingStatus(Health.PROGRESSING, "restarting", text, busy=True)

    async def _look_after_old(self, old: Generation, record: Record, task: ServerTask) -> None:
        if old.built:
            await old.fill(record, task, len(old.servers))
        else:
            # The record tells of the new release only, so an old server that ends now cannot be started again.
            await old.look(task)

    def _promote(self, coming: Generation) -> None:
        if self._current is not None:
            self._draining.add(self._current.servers)
        self._current, self._next = coming, None
        self._note(f"release {coming.digest} is in force")

    def _fail(self, record: Record, problem: str, release: Generation) -> ServingStatus:
        if self._current is not None and self._current.ready:
            problem = f"The new release failed; the previous release is still serving: {problem}"
        message = self._explained(problem, release.reason, release)
        self._note(f"the release failed: {problem}")
        self._failed = (record.generation, message)
        self._abandon_next()
        return ServingStatus(Health.DEGRADED, "failed", message)

    def _abandon_next(self) -> None:
        if self._next is not None:
            self._next.give_up_building()
            self._draining.add(self._next.servers, patient=False)
            self._next = None

    def _routed(self, body: Mapping[str, Any]) -> DeploymentRoute:
        servers = self._current.servers if self._current is not None else []
        settings = body.get("request_settings") or {}
        timeout = settings.get("request_timeout_ms")
        return DeploymentRoute(
            self._name,
            tuple(str(server.socket) for server in servers if server.served),
            timeout / 1000 if timeout else DEFAULT_TIMEOUT_S,
            settings.get("max_concurrent_requests_per_instance") or DEFAULT_CONCURRENCY,
            DEFAULT_QUEUE,
        )

    def _all(self) -> list[Server]:
        generations = [generation for generation in (self._current, self._next) if generation is not None]
        return [server for generation in generations for server in generation.servers] + self._draining.servers

    def _adopt(self) -> None:
        try:
            found = self._memory.load()
        except (ValueError, KeyError, TypeError) as error:
            self._note(f"what was known of running servers is damaged: {error}")
            return
        if found is None:
            return
        if found.release:
            self._current = Generation(found.release, self._files, self._builder, found.servers)
        self._draining.add(found.strays)

    def _save(self) -> None:
        serving = self._current.servers if self._current is not None else []
        strays = [server for server in self._all() if server not in serving]
        self._memory.save(Remembered(self._current.digest if self._current is not None else "", serving, strays))

    def _clean(self) -> None:
        kept = {g.digest for g in (self._current, self._next) if g is not None}
        releases = self._files.folder / "releases"
        for folder in releases.iterdir() if releases.is_dir() and not self._draining else ():
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _explained(self, what: str, reason: str, release: Generation) -> str:
        """What the model's own code said comes first. Only a server that left no word is told by the end of its log."""
        if reason:
            return f"{reason}\n{what}. The whole traceback is in the deployment's log."
        lines = tail(self._files.log, since=release.log_start)
        return f"{what}\n{lines}" if lines else what

    def _note(self, text: str) -> None:
        note(self._files.log, text)
