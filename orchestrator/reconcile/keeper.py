"""Keeps records with the state."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.errors import BackendError, StateError, UnsupportedSetup
from orchestrator.reconcile.managed import Managed
from orchestrator.reconcile.ports import Notifier
from orchestrator.reconcile.record import from_document, to_document
from orchestrator.reconcile.stages import Engine
from orchestrator.reconcile.task import Watch

_FAILURES = (StateError, BackendError, UnsupportedSetup)
"""Ways in which a workspace cannot be reached; the passes tell of them too, so that no record is worth an end of the loop."""


class Keeper:
    """Writes what is known about a project where `amlctl status` and the next loop find it.

    Args:
        engine: knows the place.
        watch: told what could not be written.
        notifier: knows which notices were delivered; None if nobody is told.
    """

    def __init__(self, engine: Engine, watch: Watch, notifier: Notifier | None) -> None:
        self._engine = engine
        self._watch = watch
        self._notifier = notifier

    def load(self, project: Managed) -> None:
        """Take up what an earlier process left, if its place is known already. The first pass reads it again, once the project is ours."""
        try:
            document = self._engine.recall(project.name)
        except _FAILURES as error:
            self._watch("record.unread", {"project": project.name, "message": error.detail})
            return
        if document is not None:
            record = from_document(document)
            project.known = replace(project.known, record=record)
            project.suspended = record.suspended

    def save(self, project: Managed) -> None:
        """Write the record as it is now. What cannot be written now is written after the next pass."""
        with project.writing:
            record = project.known.record
            if self._notifier is not None:
                record = replace(record, notified=tuple(self._notifier.delivered(project.name)))
            try:
                self._engine.remember(project.name, to_document(record))
            except _FAILURES as error:
                self._watch("record.unsaved", {"project": project.name, "message": error.detail})
