"""Runs that another run has started: they count against computes in its place, and go when it goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.core.errors import Invalid
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.records.record import CANCEL_REQUESTED, PARENT, Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore


def takes_place(record: Record) -> bool:
    """Whether a run counts against this machine and its compute. One that only starts and watches others would keep them out."""
    try:
        return execution_of(record.variant).places > 0
    except Invalid:  # it will be refused when it is prepared
        return True


@dataclass(frozen=True, slots=True)
class Children:
    """Keeps children in line with their parents."""

    paths: WorkspacePaths
    store: RecordStore

    def end_without_parent(self, active: Iterable[Record]) -> None:
        """Cancel or delete those of some runs whose parent has ended or is gone, in whatever way that came about."""
        for record in active:
            name = record.attributes.get(PARENT)
            if not name or record.deleting:
                continue
            parent = self.store.find(record.kind, str(name))
            if parent is None or parent.deleting:
                self._delete(record)
            elif parent.health is not Health.PROGRESSING and not record.cancel_requested:
                self.store.update_status(record.key, attributes={CANCEL_REQUESTED: True})

    def of(self, parent: Record) -> list[Record]:
        """The children of a run, oldest first."""
        runs = self.store.list(parent.kind)
        return [record for record in runs if record.attributes.get(PARENT) == parent.revision]

    def delete(self, parent: Record) -> bool:
        """Say that a run's children shall go. Returns whether there are any."""
        found = self.of(parent)
        for record in found:
            self._delete(record)
        return bool(found)

    def _delete(self, record: Record) -> None:
        SecretFiles(self.paths).forget(record.key)
        self.store.mark_deleting(record.key)
