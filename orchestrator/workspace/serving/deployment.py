"""One deployment: its release in force, the one that shall follow, and servers on their way out."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.errors import BackendError
from orchestrator.core.health import Health
from orchestrator.workspace.control import write_private
from orchestrator.workspace.logs import note, tail
from orchestrator.workspace.paths import WorkspacePaths
from orchestrator.workspace.process import ProcessIdentity
from orchestrator.workspace.records import Record
from orchestrator.workspace.serving.files import DeploymentFiles
from orchestrator.workspace.serving.probing import Probe
from orchestrator.workspace.serving.release import Release, ReleaseBuilder, release_of
from orchestrator.workspace.serving.servers import HOPELESS_AFTER, Server, ServerTask
from orchestrator.workspace.serving.sockets import forget_sockets, socket_path
from orchestrator.workspace.serving.table import (
    DEFAULT_CONCURRENCY,
    DEFAULT_QUEUE,
    DEFAULT_TIMEOUT_S,
    DeploymentRoute,
)
from orchestrator.workspace.serving.verdict import Verdict

_DRAIN_S = 60.0
_REBUILD_S = 10.0
"""Pause before a release that could not be laid out is tried again: each try writes to the log."""
_CONFIG = ".server.json"


@dataclass(slots=True)
class Generation:
    """The servers of one release.

    Attributes:
        digest: which release.
        servers: by position.
        built: what they are started with; None until it is laid out (again).
        trouble: why it could not be laid out last time.
        again: when it is tried next, on the monotonic clock.
        reason: what a server of it said before it ended.
    """

    digest: str
    servers: list[Server] = field(default_factory=list)
    built: Release | None = None
    building: asyncio.Task[Release] | None = None
    trouble: BackendError | None = None
    again: float = 0.0
    reason: str = ""

    @property
    def ready(self) -> int:
        """Servers that answer."""
        return sum(server.ready for server in self.servers)


@dataclass(slots=True)
class Leaving:
    """A server that left the routing table, or is about to.

    Attributes:
        ending: under way once it has nothing at hand any more.
    """

    server: Server
    since: float = field(default_factory=time.monotonic)
    ending: asyncio.Task[None] | None = None


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
        self._leaving: list[Leaving] = []
        self._failed: tuple[int, str] | None = None
        self._route = DeploymentRoute(name, ())
        self._saved = ""
        self._parting = 0.0
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

    async def step(self, record: Record) -> Verdict:
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
            verdict = await self._keep(self._current, record, task, count)
        else:
            verdict = await self._advance(digest, record, task, count)
        self._route = self._routed(body)
        self._save()
        return verdict

    async def retire(self, busy: Mapping[str, int] | None) -> bool:
        """End servers that left the table once they have nothing at hand.

        Args:
            busy: socket to requests at hand, from the router after the table was put in force; None if it is not known.

        Returns:
            Whether some are still there.
        """
        for leaving in self._leaving:
            idle = busy is not None and not busy.get(str(leaving.server.socket), 0)
            if leaving.ending is None and (idle or time.monotonic() - leaving.since > _DRAIN_S):
                leaving.ending = asyncio.create_task(leaving.server.end())
        staying = [leaving for leaving in self._leaving if leaving.ending is None or not leaving.ending.done()]
        if len(staying) != len(self._leaving):
            self._leaving = staying
            self._save()
            self._clean()
        return bool(staying)

    def drained(self, busy: Mapping[str, int] | None) -> bool:
        """Whether no server has anything at hand, after the deployment left the table. Gives up waiting after a while."""
        if not self._parting:
            self._parting = time.monotonic()
        idle = busy is not None and not any(busy.get(str(server.socket), 0) for server in self._all())
        return idle or time.monotonic() - self._parting > _DRAIN_S

    async def stop(self) -> None:
        """End all servers."""
        for generation in (self._current, self._next):
            if generation is not None and generation.building is not None:
                generation.building.cancel()
        await asyncio.gather(*(server.end() for server in self._all()))
        self._leaving.clear()
        self._next = None
        self._save()

    async def remove(self) -> None:
        """End all servers and remove the deployment's folder."""
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self._files.folder, ignore_errors=True)
        forget_sockets(self._files.folder)

    async def _advance(self, digest: str, record: Record, task: ServerTask, count: int) -> Verdict:
        if self._failed is not None and self._failed[0] == record.generation:
            if self._current is not None:
                await self._look_after_old(self._current, record, task)
            return Verdict(Health.DEGRADED, "failed", self._failed[1])
        if self._next is None or self._next.digest != digest:
            self._abandon_next()
            self._next = Generation(digest)
        coming = self._next
        if self._current is not None:
            await self._look_after_old(self._current, record, task)
        problem = await self._run(coming, record, task, count, patient=False)
        if problem:
            return self._fail(record, problem, coming.reason)
        if coming.built is None:
            return Verdict(Health.PROGRESSING, "preparing", "model, code and environment are laid out", busy=True)
        if coming.ready < count:
            text = f"{coming.ready} of {count} scoring servers answer"
            return Verdict(Health.PROGRESSING, "starting" if self._current is None else "updating", text, busy=True)
        self._promote(coming)
        return Verdict(Health.HEALTHY, "running", busy=bool(self._leaving))

    async def _keep(self, current: Generation, record: Record, task: ServerTask, count: int) -> Verdict:
        self._failed = None
        for server in current.servers[count:]:
            self._leaving.append(Leaving(server))
        del current.servers[count:]
        problem = await self._run(current, record, task, count)
        if current.ready == count:
            return Verdict(Health.HEALTHY, "running", busy=bool(self._leaving))
        text = f"{current.ready} of {count} scoring servers answer"
        broken = [server for server in current.servers if server.failures >= HOPELESS_AFTER and not server.ready]
        if problem or broken:
            how = problem or f"{broken[0].last_exit}, {broken[0].failures} times in a row"
            reason = broken[0].reason if broken and not problem else ""
            return Verdict(Health.DEGRADED, "restarting", self._explained(f"{text}: {how}", reason))
        return Verdict(Health.PROGRESSING, "restarting", text, busy=True)

    async def _look_after_old(self, old: Generation, record: Record, task: ServerTask) -> None:
        if old.built is not None:
            await self._run(old, record, task, len(old.servers))
        else:
            # The record tells of the new release only, so an old server that ends now cannot be started again.
            await asyncio.gather(*(server.look(task) for server in old.servers))

    async def _run(
        self, generation: Generation, record: Record, task: ServerTask, count: int, *, patient: bool = True
    ) -> str:
        """Fill all places. Returns why it cannot be done, if so; without patience one failure is enough."""
        await asyncio.gather(*(server.look(task) for server in generation.servers))
        if not patient:
            failed = [server for server in generation.servers if server.failures]
            if failed:
                generation.reason = failed[0].reason
                return failed[0].last_exit
        while len(generation.servers) < count:
            generation.servers.append(self._new_server())
        empty = [server for server in generation.servers if server.process is None and server.may_start]
        if not empty and (generation.built is not None or patient):
            return ""
        try:
            release = self._release(generation, record)
            if release is not None:
                for server in empty:
                    await asyncio.to_thread(server.start, release, task)
        except BackendError as error:
            return f"{error.detail} {error.fix}".strip()
        except OSError as error:
            return f"it cannot be started: {error}"
        return ""

    def _new_server(self) -> Server:
        # Never a name used before: servers on their way out may be of the same release.
        name = secrets.token_hex(4)
        return Server(socket_path(self._files.folder, f"{name}.sock"), self._files.folder / f"{name}{_CONFIG}")

    def _release(self, generation: Generation, record: Record) -> Release | None:
        if generation.built is None:
            if generation.building is None:
                if generation.trouble is not None and time.monotonic() < generation.again:
                    raise generation.trouble
                work = asyncio.to_thread(self._builder.build, record, self._files)
                generation.building = asyncio.create_task(work)
            if not generation.building.done():
                return None
            building, generation.building = generation.building, None
            try:
                generation.built = building.result()
            except BackendError as error:
                generation.trouble, generation.again = error, time.monotonic() + _REBUILD_S
                raise
        return generation.built

    def _promote(self, coming: Generation) -> None:
        if self._current is not None:
            self._leaving += [Leaving(server) for server in self._current.servers]
        self._current, self._next = coming, None
        self._note(f"release {coming.digest} is in force")

    def _fail(self, record: Record, problem: str, reason: str) -> Verdict:
        if self._current is not None and self._current.ready:
            problem = f"The new release failed, the one before still answers: {problem}"
        message = self._explained(problem, reason)
        self._note(f"the release failed: {problem}")
        self._failed = (record.generation, message)
        self._abandon_next()
        return Verdict(Health.DEGRADED, "failed", message)

    def _abandon_next(self) -> None:
        if self._next is not None:
            if self._next.building is not None:
                self._next.building.cancel()
            # They were never in the table, so nothing can be at hand.
            self._leaving += [Leaving(server, since=time.monotonic() - _DRAIN_S - 1) for server in self._next.servers]
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
        return [server for generation in generations for server in generation.servers] + [
            leaving.server for leaving in self._leaving
        ]

    def _adopt(self) -> None:
        try:
            content = json.loads(self._files.state.read_text(encoding="utf-8"))
            servers = self._here(content["servers"])
            strays = self._here(content["strays"])
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError) as error:
            self._note(f"what was known of running servers is damaged: {error}")
            return
        # A server started just before its supervisor died is in no list: without its file it ends by itself.
        known = {server.config for server in (*servers, *strays)}
        for config in self._files.folder.glob(f"*{_CONFIG}"):
            if config not in known:
                config.unlink(missing_ok=True)
        if content["release"]:
            self._current = Generation(content["release"], servers)
        self._leaving = [Leaving(server) for server in strays]

    def _here(self, listed: list[Mapping[str, Any]]) -> list[Server]:
        """The servers of this folder. Those of the place from which it was moved or copied are not ours: their files are there."""
        found = [Server.from_dict(item) for item in listed]
        return [server for server in found if server.config.parent == self._files.folder]

    def _save(self) -> None:
        current = self._current
        serving = current.servers if current is not None else []
        content = {
            "release": current.digest if current is not None else "",
            "servers": [server.to_dict() for server in serving],
            "strays": [server.to_dict() for server in self._all() if server not in serving],
        }
        text = json.dumps(content)
        if text != self._saved and self._files.folder.is_dir():
            write_private(self._files.state, text)
            self._saved = text

    def _clean(self) -> None:
        kept = {g.digest for g in (self._current, self._next) if g is not None}
        releases = self._files.folder / "releases"
        for folder in releases.iterdir() if releases.is_dir() and not self._leaving else ():
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _explained(self, what: str, reason: str) -> str:
        """What the model's own code said comes first. Only a server that left no word is told by the end of its log."""
        if not reason:
            return f"{what}{self._tail()}"
        return f"{reason}\n{what}. The whole traceback is in the deployment's log."

    def _tail(self) -> str:
        lines = tail(self._files.log)
        return f"\n{lines}" if lines else ""

    def _note(self, text: str) -> None:
        note(self._files.log, text)
