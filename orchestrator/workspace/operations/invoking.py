"""Batch endpoints as callers use them: data sent to be scored, and the jobs that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.workspace.operations.metering import Metering
from orchestrator.workspace.operations.records import writable

if TYPE_CHECKING:
    from orchestrator.core.batch import BatchRequest
    from orchestrator.workspace.records.record import Record, RecordKey


class Invoking(Metering):
    """Records, schedules and figures, and jobs of batch endpoints."""

    def invoke(self, endpoint: RecordKey, request: BatchRequest) -> Record:
        """Make the job that scores what is sent, and have it run. Does not wait; raises as `batch.runs.BatchRuns.make`."""
        from orchestrator.workspace.batch.runs import BatchRuns

        with writable(self._paths):
            record = BatchRuns(self._paths, self._store).make(endpoint, request)
        self.wake()
        return record

    def batch_runs(self, endpoint: RecordKey, deployment: str = "") -> Sequence[Record]:
        """The jobs of a batch endpoint, or of one of its deployments, newest first."""
        from orchestrator.workspace.batch.runs import BatchRuns

        return BatchRuns(self._paths, self._store).of(endpoint, deployment)

    def batch_progress(self, job: Record) -> tuple[int, int] | None:
        """How many mini-batches of a job have ended, of how many; None if that is not known."""
        from orchestrator.workspace.batch.runs import BatchRuns

        return BatchRuns(self._paths, self._store).progress(job)

    def batch_deployment(self, job: Record) -> str:
        """Which deployment a job is of."""
        from orchestrator.workspace.batch.runs import DEPLOYMENT

        return str(job.attributes.get(DEPLOYMENT) or "")

    def revive(self) -> None:
        """Make sure that a supervisor works on what is in progress.

        Raises:
            Failed: it does not start.
        """
        self._supervisor.ensure()
