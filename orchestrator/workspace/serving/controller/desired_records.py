"""The records of online endpoints at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.core.address import Address
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore

ENDPOINTS: Final = record_kinds.ENDPOINTS
DEPLOYMENTS: Final = record_kinds.DEPLOYMENTS
TRAFFIC: Final = record_kinds.TRAFFIC


@dataclass(frozen=True, slots=True)
class DesiredRecords:
    """The records at one moment, by address."""

    endpoints: Mapping[str, Record]
    deployments: Mapping[str, Record]
    traffic: Mapping[str, Record]

    @classmethod
    def read(cls, store: RecordStore) -> DesiredRecords:
        """Read them. Blocks."""
        return cls(*({r.address: r for r in store.list(kind)} for kind in (ENDPOINTS, DEPLOYMENTS, TRAFFIC)))

    def going(self, record: Record) -> bool:
        """Whether a deployment's or traffic's record shall go: itself, or because its endpoint does."""
        endpoint = self.endpoints.get(str(Address.parse(record.address).parent))
        return record.deleting or (endpoint is not None and endpoint.deleting)

    def staying(self) -> dict[str, Record]:
        """Deployments that shall stay."""
        return {address: record for address, record in self.deployments.items() if not self.going(record)}

    def all(self) -> tuple[Record, ...]:
        """All of them."""
        return (*self.endpoints.values(), *self.deployments.values(), *self.traffic.values())
