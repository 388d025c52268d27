"""Makes scoring servers and the router match the records of online endpoints."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Mapping
from dataclasses import replace

from orchestrator.core.address import Address
from orchestrator.core.errors import BackendError
from orchestrator.core.health import Health
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.ports import free_port
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.serving.controller.deployment import Deployment
from orchestrator.workspace.serving.controller.desired_records import DesiredRecords
from orchestrator.workspace.serving.controller.fast_polling import SOON_S, FastPolling
from orchestrator.workspace.serving.controller.findings import Findings, unserved_endpoints
from orchestrator.workspace.serving.controller.release import PythonSource, ReleaseBuilder
from orchestrator.workspace.serving.controller.reporter import Reporter
from orchestrator.workspace.serving.controller.router_keeper import RouterKeeper
from orchestrator.workspace.serving.controller.serving_status import ServingStatus
from orchestrator.workspace.serving.controller.traffic import TrafficDecision, decide_traffic
from orchestrator.workspace.serving.controller.watching import DeathWatch
from orchestrator.workspace.serving.files import bound_marker
from orchestrator.workspace.serving.keys import ensure_keys
from orchestrator.workspace.serving.ports import port_of, scoring_uri
from orchestrator.workspace.serving.table import DeploymentRoute, EndpointRoute, RoutingTable

_log = logging.getLogger("orchestrator.serving")


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
        self._fast_polling = FastPolling(self._round_alone)
        self._watch = DeathWatch(self._fast_polling.up)
        self._reporter = Reporter(paths, store, self._router)
        self._round = asyncio.Lock()
        self._closed = False

    async def reconcile(self) -> bool:
        """Look at the records once. See `workspace.supervision.Manager`."""
        busy = await self._round_alone()
        if busy:
            self._fast_polling.up(SOON_S)
        return busy

    async def shutdown(self) -> None:
        """Stop all scoring servers and the router; say so in the records."""
        self._closed = True
        self._fast_polling.close()
        async with self._round:
            desired = await asyncio.to_thread(DesiredRecords.read, self._store)
            for address in desired.deployments:
                self._deployment(address)
            await self._router.stop()
            await asyncio.gather(*(deployment.stop() for deployment in self._deployments.values()))
            self._watch.close()
            stopped = ServingStatus(Health.SUSPENDED, "stopped", "the workspace is down")
            for record in desired.all():
                if record.health is Health.HEALTHY:
                    await self._reporter.tell(record, stopped)

    async def _round_alone(self) -> bool:
        async with self._round:
            return not self._closed and await self._reconcile()

    async def _reconcile(self) -> bool:
        desired = await asyncio.to_thread(DesiredRecords.read, self._store)
        if not (desired.endpoints or desired.deployments or self._deployments or self._router.identity):
            return False
        routes, troubles = await self._endpoint_routes(desired.endpoints)
        serving_statuses = await self._step_deployments(desired)
        decisions = self._decide_traffic(desired)
        in_force = await self._router.put(self._table(desired, routes, decisions))
        busy = self._router.busy if in_force else None
        retiring = [await self._deployments[address].retire(busy) for address in serving_statuses]
        removing = await self._remove_what_shall_go(desired, in_force=in_force)
        answering = [address for address in serving_statuses if self._deployments[address].answers]
        unserved = unserved_endpoints(decisions, serving_statuses, answering)
        findings = Findings(serving_statuses, decisions, troubles, unserved, in_force)
        serving = {address: self._deployments[address].serving for address in serving_statuses}
        await self._reporter.report(desired, findings, serving)
        self._watch.set((*(p for d in self._deployments.values() for p in d.processes), self._router.identity))
        return removing or any(retiring) or findings.busy

    async def _endpoint_routes(
        self, records: Mapping[str, Record]
    ) -> tuple[dict[str, EndpointRoute], dict[str, ServingStatus]]:
        routes: dict[str, EndpointRoute] = {}
        troubles: dict[str, ServingStatus] = {}
        for address, record in records.items():
            if record.deleting:
                continue
            try:
                routes[address] = await asyncio.to_thread(self._endpoint_route, record)
            except (BackendError, OSError) as error:
                troubles[address] = ServingStatus(Health.DEGRADED, "failed", str(error))
        return routes, troubles

    def _endpoint_route(self, record: Record) -> EndpointRoute:
        keys = ensure_keys(self._paths, record.name)
        port = port_of(record)
        # A port that somebody else took is given up only if the endpoint never had it: people rely on its address.
        if port is None or (
            record.name in self._router.unbound and not bound_marker(self._paths, record.name).exists()
        ):
            port = free_port()
            self._store.update_status(record.key, attributes={"scoring_uri": scoring_uri(port)})
        return EndpointRoute(record.name, port, keys.digests)

    def _deployment(self, address: str) -> Deployment:
        found = self._deployments.get(address)
        if found is None:
            parsed = Address.parse(address)
            found = Deployment(self._paths, parsed.name, parsed.leaf, self._builder)
            self._deployments[address] = found
        return found

    async def _step_deployments(self, desired: DesiredRecords) -> dict[str, ServingStatus]:
        live = desired.staying()
        serving_statuses = await asyncio.gather(*(self._step(address, record) for address, record in live.items()))
        return dict(zip(live, serving_statuses, strict=True))

    async def _step(self, address: str, record: Record) -> ServingStatus:
        try:
            return await self._deployment(address).step(record)
        except Exception as error:  # one broken deployment must not stop the others
            _log.exception("a round for %s failed", address)
            return ServingStatus(Health.DEGRADED, "failed", f"{type(error).__name__}: {error}")

    def _decide_traffic(self, desired: DesiredRecords) -> dict[str, TrafficDecision]:
        before = {route.name: route for route in self._router.last_table().endpoints}
        known: dict[str, dict[str, bool]] = {}
        for address in desired.staying():
            parsed = Address.parse(address)
            known.setdefault(parsed.name, {})[parsed.leaf] = self._deployment(address).route is not None
        decisions = {}
        for address, record in desired.traffic.items():
            if not desired.going(record):
                endpoint = Address.parse(address).name
                found = known.get(endpoint, {})
                ready = [name for name, answers in found.items() if answers]
                decisions[address] = decide_traffic(record.body, found, ready, before.get(endpoint))
        return decisions

    def _table(
        self, desired: DesiredRecords, routes: Mapping[str, EndpointRoute], decisions: Mapping[str, TrafficDecision]
    ) -> RoutingTable:
        deployments: dict[str, list[DeploymentRoute]] = {}
        for address in sorted(desired.staying()):
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

    async def _remove_what_shall_go(self, desired: DesiredRecords, *, in_force: bool) -> bool:
        """Stop and forget what is on its way out. Returns whether something of it is still there."""
        going = [record for record in desired.deployments.values() if desired.going(record)]
        if going and not in_force:
            return True
        left = [record for record in going if not await self._remove_deployment(record)]
        for record in desired.traffic.values():
            if desired.going(record):
                await asyncio.to_thread(self._store.delete, record.key)
        for address, record in desired.endpoints.items():
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
