"""Makes scoring servers and the router match the records of online endpoints."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.errors import BackendError
from orchestrator.core.health import Health
from orchestrator.workspace.content import ContentStore
from orchestrator.workspace.paths import WorkspacePaths
from orchestrator.workspace.records import UNSERVED, Record
from orchestrator.workspace.secrets import SecretFiles
from orchestrator.workspace.serving.deployment import Deployment
from orchestrator.workspace.serving.keys import ensure_keys
from orchestrator.workspace.serving.ports import free_port, port_of, scoring_uri
from orchestrator.workspace.serving.release import PythonSource, ReleaseBuilder
from orchestrator.workspace.serving.router_keeper import RouterKeeper
from orchestrator.workspace.serving.table import DeploymentRoute, EndpointRoute, RoutingTable
from orchestrator.workspace.serving.traffic import TrafficDecision, decide_traffic
from orchestrator.workspace.serving.verdict import Verdict
from orchestrator.workspace.serving.watching import DeathWatch
from orchestrator.workspace.store import RecordStore

ENDPOINTS = "online_endpoints"
DEPLOYMENTS = "online_endpoints.deployments"
TRAFFIC = "online_endpoints.traffic"
PROCESSES = "processes"
"""Attribute of endpoints and deployments: identities of the processes that serve them now."""

_HURRY_S = 0.05
_LAST_HURRY_S = 0.5
_log = logging.getLogger("orchestrator.serving")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The records at one moment, by address."""

    endpoints: Mapping[str, Record]
    deployments: Mapping[str, Record]
    traffic: Mapping[str, Record]

    def going(self, record: Record) -> bool:
        """Whether a deployment's or traffic's record shall go: itself, or because its endpoint does."""
        endpoint = self.endpoints.get(str(Address.parse(record.address).parent))
        return record.deleting or (endpoint is not None and endpoint.deleting)

    def staying(self) -> dict[str, Record]:
        """Deployments that shall stay."""
        return {address: record for address, record in self.deployments.items() if not self.going(record)}


@dataclass(frozen=True, slots=True)
class _Round:
    """What one look found.

    Attributes:
        deployments, traffic, troubles: by address; `troubles` are those of endpoints.
        unserved: endpoint to health and message, where a deployment that gets traffic has no server that answers.
        in_force: the router uses the table that follows from it.
    """

    deployments: Mapping[str, Verdict]
    traffic: Mapping[str, TrafficDecision]
    troubles: Mapping[str, Verdict]
    unserved: Mapping[str, Mapping[str, str]]
    in_force: bool

    @property
    def busy(self) -> bool:
        """Whether something is in progress."""
        verdicts = (*self.deployments.values(), *(decision.verdict for decision in self.traffic.values()))
        return not self.in_force or any(verdict.busy for verdict in verdicts)

    def confirmed(self, verdict: Verdict) -> Verdict:
        """Nothing is healthy before the router knows of it."""
        if verdict.health is Health.HEALTHY and not self.in_force:
            return Verdict(Health.PROGRESSING, "waiting", "the router does not use it yet", busy=True)
        return verdict

    def endpoint(self, record: Record, unbound: Mapping[str, str]) -> Verdict:
        """How an endpoint is."""
        if record.address in self.troubles:
            return self.troubles[record.address]
        if record.name in unbound:
            text = f"another program uses its {unbound[record.name]}"
            return Verdict(Health.DEGRADED, "failed", text)
        return self.confirmed(Verdict(Health.HEALTHY, "running"))


class ServingManager:
    """Keeps online endpoints in line with their records.

    Args:
        paths, store, content: the workspace.
        environments: gives the interpreter of a deployment's environment.
    """

    def __init__(
        self, paths: WorkspacePaths, store: RecordStore, content: ContentStore, environments: PythonSource
    ) -> None:
        self._paths = paths
        self._store = store
        self._builder = ReleaseBuilder(paths, store, content, environments)
        self._secrets = SecretFiles(paths)
        self._router = RouterKeeper(paths)
        self._deployments: dict[str, Deployment] = {}
        self._watch = DeathWatch(self._hurry)
        self._round = asyncio.Lock()
        self._hurrying: asyncio.Task[None] | None = None
        self._look_again = False
        self._closed = False

    async def reconcile(self) -> bool:
        """Look at the records once. See `workspace.supervision.Manager`."""
        async with self._round:
            if self._closed:
                return False
            busy = await self._reconcile()
        if busy:
            self._hurry(_HURRY_S)
        return busy

    async def shutdown(self) -> None:
        """Stop all scoring servers and the router; say so in the records."""
        self._closed = True
        if self._hurrying is not None:
            self._hurrying.cancel()
        async with self._round:
            wanted = await asyncio.to_thread(self._read)
            for address in wanted.deployments:
                self._deployment(address)
            await self._router.stop()
            await asyncio.gather(*(deployment.stop() for deployment in self._deployments.values()))
            self._watch.close()
            stopped = Verdict(Health.SUSPENDED, "stopped", "the workspace is down")
            for record in (*wanted.endpoints.values(), *wanted.deployments.values(), *wanted.traffic.values()):
                if record.health is Health.HEALTHY:
                    await self._tell(record, stopped)

    async def _reconcile(self) -> bool:
        wanted = await asyncio.to_thread(self._read)
        if not (wanted.endpoints or wanted.deployments or self._deployments or self._router.identity):
            return False
        routes, troubles = await self._endpoint_routes(wanted.endpoints)
        verdicts = await self._step_deployments(wanted)
        decisions = self._decide_traffic(wanted)
        in_force = await self._router.put(self._table(wanted, routes, decisions))
        busy = self._router.busy if in_force else None
        retiring = [await self._deployments[address].retire(busy) for address in verdicts]
        removing = await self._remove_what_shall_go(wanted, in_force=in_force)
        round_ = _Round(verdicts, decisions, troubles, self._unserved(decisions, verdicts), in_force)
        await self._report(wanted, round_)
        self._watch.set((*(p for d in self._deployments.values() for p in d.processes), self._router.identity))
        return removing or any(retiring) or round_.busy

    def _read(self) -> _Wanted:
        kinds = ({r.address: r for r in self._store.list(kind)} for kind in (ENDPOINTS, DEPLOYMENTS, TRAFFIC))
        return _Wanted(*kinds)

    async def _endpoint_routes(
        self, records: Mapping[str, Record]
    ) -> tuple[dict[str, EndpointRoute], dict[str, Verdict]]:
        routes: dict[str, EndpointRoute] = {}
        troubles: dict[str, Verdict] = {}
        for address, record in records.items():
            if record.deleting:
                continue
            try:
                routes[address] = await asyncio.to_thread(self._endpoint_route, record)
            except (BackendError, OSError) as error:
                troubles[address] = Verdict(Health.DEGRADED, "failed", str(error))
        return routes, troubles

    def _endpoint_route(self, record: Record) -> EndpointRoute:
        keys = ensure_keys(self._paths, record.name)
        port = port_of(record)
        # A port that somebody else took is given up only if the endpoint never had it: people rely on its address.
        if port is None or (record.name in self._router.unbound and not self._marker(record).exists()):
            port = free_port()
            self._store.update_status(record.key, attributes={"scoring_uri": scoring_uri(port)})
        return EndpointRoute(record.name, port, keys.digests)

    def _marker(self, record: Record) -> Path:
        return self._paths.endpoint(record.name) / "bound"

    def _deployment(self, address: str) -> Deployment:
        found = self._deployments.get(address)
        if found is None:
            parsed = Address.parse(address)
            found = Deployment(self._paths, parsed.name, parsed.leaf, self._builder)
            self._deployments[address] = found
        return found

    async def _step_deployments(self, wanted: _Wanted) -> dict[str, Verdict]:
        live = wanted.staying()
        verdicts = await asyncio.gather(*(self._step(address, record) for address, record in live.items()))
        return dict(zip(live, verdicts, strict=True))

    async def _step(self, address: str, record: Record) -> Verdict:
        try:
            return await self._deployment(address).step(record)
        except Exception as error:  # one broken deployment must not stop the others
            _log.exception("a round for %s failed", address)
            return Verdict(Health.DEGRADED, "failed", f"{type(error).__name__}: {error}")

    def _decide_traffic(self, wanted: _Wanted) -> dict[str, TrafficDecision]:
        before = {route.name: route for route in self._router.last_table().endpoints}
        known: dict[str, dict[str, bool]] = {}
        for address in wanted.staying():
            parsed = Address.parse(address)
            known.setdefault(parsed.name, {})[parsed.leaf] = self._deployment(address).route is not None
        decisions = {}
        for address, record in wanted.traffic.items():
            if not wanted.going(record):
                endpoint = Address.parse(address).name
                found = known.get(endpoint, {})
                ready = [name for name, answers in found.items() if answers]
                decisions[address] = decide_traffic(record.body, found, ready, before.get(endpoint))
        return decisions

    def _unserved(
        self, decisions: Mapping[str, TrafficDecision], verdicts: Mapping[str, Verdict]
    ) -> dict[str, Mapping[str, str]]:
        found: dict[str, Mapping[str, str]] = {}
        for address, decision in decisions.items():
            endpoint = Address.parse(address).parent
            places = {name: f"{endpoint}.deployments.{name}" for name, _ in decision.traffic}
            silent = {name: at for name, at in places.items() if at in verdicts and not self._deployment(at).answers}
            if silent:
                hopeless = any(verdicts[at].health is Health.DEGRADED for at in silent.values())
                health = Health.DEGRADED if hopeless else Health.PROGRESSING
                text = f"no scoring server of {', '.join(silent)} answers"
                found[str(endpoint)] = {"health": health.value, "message": text if hopeless else f"{text} yet"}
        return found

    def _table(
        self, wanted: _Wanted, routes: Mapping[str, EndpointRoute], decisions: Mapping[str, TrafficDecision]
    ) -> RoutingTable:
        deployments: dict[str, list[DeploymentRoute]] = {}
        for address in sorted(wanted.staying()):
            route = self._deployment(address).route
            if route is not None:
                deployments.setdefault(str(Address.parse(address).parent), []).append(route)
        endpoints = []
        for address, bare in sorted(routes.items()):
            decision = decisions.get(f"{address}.traffic")
            weights = (decision.traffic, decision.mirror) if decision is not None else ((), ())
            inside = tuple(deployments.get(address, ()))
            endpoints.append(replace(bare, deployments=inside, traffic=weights[0], mirror=weights[1]))
        return RoutingTable(endpoints=tuple(endpoints))

    async def _remove_what_shall_go(self, wanted: _Wanted, *, in_force: bool) -> bool:
        """Stop and forget what is on its way out. Returns whether something of it is still there."""
        going = [record for record in wanted.deployments.values() if wanted.going(record)]
        if going and not in_force:
            return True
        left = [record for record in going if not await self._remove_deployment(record)]
        for record in wanted.traffic.values():
            if wanted.going(record):
                await asyncio.to_thread(self._store.delete, record.key)
        for address, record in wanted.endpoints.items():
            inside = [r for r in left if str(Address.parse(r.address).parent) == address]
            if record.deleting and in_force and not inside:
                await asyncio.to_thread(self._remove_endpoint, record)
        return bool(left)

    async def _remove_deployment(self, record: Record) -> bool:
        deployment = self._deployment(record.address)
        if not deployment.drained(self._router.busy):
            return False
        await deployment.remove()
        del self._deployments[record.address]
        await asyncio.to_thread(self._secrets.forget, record.key)
        await asyncio.to_thread(self._store.delete, record.key)
        return True

    def _remove_endpoint(self, record: Record) -> None:
        shutil.rmtree(self._paths.endpoint(record.name), ignore_errors=True)
        self._secrets.forget(record.key)
        self._store.delete(record.key)

    async def _report(self, wanted: _Wanted, round_: _Round) -> None:
        for record in wanted.endpoints.values():
            if not record.deleting:
                verdict = round_.endpoint(record, self._router.unbound)
                if verdict.health is Health.HEALTHY and record.health is not Health.HEALTHY:
                    self._marker(record).touch()
                router = self._router.identity
                processes = [str(router)] if router is not None else []
                unserved = round_.unserved.get(record.address)
                await self._tell(record, verdict, {PROCESSES: processes, UNSERVED: unserved})
        for address, verdict in round_.deployments.items():
            serving = [str(process) for process in self._deployment(address).serving]
            await self._tell(wanted.deployments[address], round_.confirmed(verdict), {PROCESSES: serving})
        for address, decision in round_.traffic.items():
            await self._tell(wanted.traffic[address], round_.confirmed(decision.verdict))

    async def _tell(self, record: Record, verdict: Verdict, attributes: Mapping[str, Any] | None = None) -> None:
        new = {k: v for k, v in (attributes or {}).items() if record.attributes.get(k) != v}
        now = (record.health, record.phase, record.message)
        if new or now != (verdict.health, verdict.phase, verdict.message):
            await asyncio.to_thread(
                self._store.update_status,
                record.key,
                health=verdict.health,
                phase=verdict.phase,
                message=verdict.message,
                attributes=new,
                generation=record.generation,
            )

    def _hurry(self, delay_s: float) -> None:
        self._look_again = True
        if self._closed or (self._hurrying is not None and not self._hurrying.done()):
            return
        self._hurrying = asyncio.create_task(self._soon(delay_s))

    async def _soon(self, delay_s: float) -> None:
        busy = False
        while busy or self._look_again:
            self._look_again = False
            await asyncio.sleep(delay_s)
            try:
                async with self._round:
                    busy = await self._reconcile()
            except Exception:  # the supervisor's next round reports it if it persists
                _log.exception("a round failed")
                return
            delay_s = min(max(_HURRY_S, 1.3 * delay_s), _LAST_HURRY_S)
