"""Batch endpoints of the embedded workspace behind the backend port."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.batch import BatchJob, BatchRequest
from orchestrator.core.errors import NotFound
from orchestrator.core.health import Health
from orchestrator.workspace.service import Record, RecordKey, Workspace

_STATUSES: Final = {"cancelled": "Canceled"}


class Batches:
    """See `core.batch.Batching`.

    Args:
        workspace: with the endpoints.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def invoke(self, endpoint: Address, request: BatchRequest) -> BatchJob:
        """Start a job."""
        return self._shown(self._workspace.invoke(_key(endpoint), request))

    def jobs(self, endpoint: Address, deployment: str) -> Sequence[BatchJob]:
        """The jobs of an endpoint, or of one of its deployments, newest first."""
        return [self._shown(record) for record in self._workspace.batch_runs(_key(endpoint), deployment)]

    def job(self, endpoint: Address, name: str) -> BatchJob:
        """One of them. A supervisor that has gone is started again."""
        for record in self._workspace.batch_runs(_key(endpoint)):
            if record.revision == name:
                if record.health is Health.PROGRESSING:
                    self._workspace.revive()
                return self._shown(record)
        raise NotFound(f"{endpoint} has no job '{name}'.")

    def _shown(self, record: Record) -> BatchJob:
        done, total = self._workspace.batch_progress(record) or (None, None)
        places = {name: _file(Path(str(place))) for name, place in (record.attributes.get("outputs") or {}).items()}
        phase = record.phase or "queued"
        return BatchJob(
            name=record.revision,
            deployment=self._workspace.batch_deployment(record),
            status=_STATUSES.get(phase, phase.capitalize()),
            health=record.health,
            message=record.message if record.health is Health.DEGRADED else "",
            outputs={name: str(place) for name, place in places.items()},
            done=done,
            total=total,
        )


def _key(endpoint: Address) -> RecordKey:
    return RecordKey(endpoint.section, f"{endpoint.section}.{endpoint.name}")


def _file(place: Path) -> Path:
    """A folder with one file stands for that file."""
    found = list(place.iterdir()) if place.is_dir() else []
    return found[0] if len(found) == 1 and found[0].is_file() else place
