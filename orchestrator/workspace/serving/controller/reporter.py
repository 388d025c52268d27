"""Writes how endpoints, deployments and traffic are into their records."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import ProcessIdentity
from orchestrator.workspace.records.record import UNSERVED, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.serving.controller.desired_records import DesiredRecords
from orchestrator.workspace.serving.controller.findings import Findings
from orchestrator.workspace.serving.controller.router_keeper import RouterKeeper
from orchestrator.workspace.serving.controller.serving_status import ServingStatus
from orchestrator.workspace.serving.files import bound_marker

PROCESSES: Final = "processes"
"""Attribute of endpoints and deployments: identities of the processes that serve them now."""


class Reporter:
    """Writes only what has changed.

    Args:
        paths, store: the workspace.
        router: the process that answers for all endpoints.
    """

    def __init__(self, paths: WorkspacePaths, store: RecordStore, router: RouterKeeper) -> None:
        self._paths = paths
        self._store = store
        self._router = router

    async def report(
        self, desired: DesiredRecords, findings: Findings, serving: Mapping[str, Sequence[ProcessIdentity]]
    ) -> None:
        """Tell of everything.

        Args:
            desired: the records that were looked at.
            findings: how they are.
            serving: deployment's address to the processes that serve it.
        """
        for record in desired.endpoints.values():
            if not record.deleting:
                await self._endpoint(record, findings)
        for address, serving_status in findings.deployments.items():
            processes = [str(process) for process in serving[address]]
            await self.tell(desired.deployments[address], findings.confirmed(serving_status), {PROCESSES: processes})
        for address, decision in findings.traffic.items():
            await self.tell(desired.traffic[address], findings.confirmed(decision.serving_status))

    async def tell(
        self, record: Record, serving_status: ServingStatus, attributes: Mapping[str, Any] | None = None
    ) -> None:
        """Tell of one record."""
        new = {k: v for k, v in (attributes or {}).items() if record.attributes.get(k) != v}
        now = (record.health, record.phase, record.message)
        if new or now != (serving_status.health, serving_status.phase, serving_status.message):
            await asyncio.to_thread(
                self._store.update_status,
                record.key,
                health=serving_status.health,
                phase=serving_status.phase,
                message=serving_status.message,
                attributes=new,
                generation=record.generation,
            )

    async def _endpoint(self, record: Record, findings: Findings) -> None:
        serving_status = findings.endpoint(record, self._router.unbound)
        if serving_status.health is Health.HEALTHY and record.health is not Health.HEALTHY:
            private_files.touch(bound_marker(self._paths, record.name))
        router = self._router.identity
        processes = [str(router)] if router is not None else []
        await self.tell(record, serving_status, {PROCESSES: processes, UNSERVED: findings.unserved.get(record.address)})
