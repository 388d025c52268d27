"""Labels of jobs, carried over to their runs in MLflow whenever a record has changed: a run shows what its job is called."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any, Final

from mlflow.entities import RunTag
from mlflow.exceptions import MlflowException

from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import CARRIED, MLFLOW_RUN, Record
from orchestrator.workspace.records.store import RecordStore

RUN_NAME: Final = "mlflow.runName"
_NOTE: Final = "mlflow.note.content"
_FORMER: Final = "amlctl.labels"
"""Tag of runs that stood for `CARRIED` before and was shown to everybody: it goes."""


def labels_of(record: Record) -> dict[str, str]:
    """A job's labels as tags of MLflow."""
    body = record.body
    tags = {str(name): str(value) for name, value in (body.get("tags") or {}).items() if value is not None}
    note = {_NOTE: str(body["description"])} if body.get("description") else {}
    return {**tags, **note, RUN_NAME: str(body.get("display_name") or record.revision)}


class Labels:
    """Carries labels. Safe to use from several threads.

    Args:
        records: of the workspace.
    """

    def __init__(self, records: RecordStore) -> None:
        self._records = records
        self._lock = threading.RLock()
        self._busy = False
        self._seen: int | None = None
        self._known: dict[str, Mapping[str, str]] = {}

    def carry(self, runs: Any) -> None:
        """Write the labels that changed since the last time into a store of runs."""
        with self._lock:
            version = self._records.data_version()
            if self._busy or version == self._seen:
                return
            self._busy = True
            try:
                for record in self._records.list(record_kinds.JOBS):
                    self._carry(runs, record)
                self._seen = version
            finally:
                self._busy = False

    def forget(self, run_id: str) -> None:
        """A run begins anew: it has no labels yet."""
        with self._lock:
            self._known.pop(run_id, None)
            self._seen = None

    def _carry(self, runs: Any, record: Record) -> None:
        run_id = record.attributes.get(MLFLOW_RUN)
        labels = labels_of(record)
        if not run_id or self._known.get(run_id) == labels:
            return
        try:
            there = runs.get_run(run_id).data.tags
            before = record.attributes.get(CARRIED) or json.loads(there.get(_FORMER, "[]"))
            if sorted(labels) != record.attributes.get(CARRIED):
                # First the record: whoever dies in between carries once more, and leaves nothing behind.
                self._records.update_status(record.key, attributes={CARRIED: sorted({*before, *labels})})
            for name in (*before, _FORMER):
                if name not in labels and name in there:
                    runs.delete_tag(run_id, name)
            for name, value in labels.items():
                if there.get(name) != value:
                    runs.set_tag(run_id, RunTag(name, value))
            if sorted(labels) != sorted({*before, *labels}):
                self._records.update_status(record.key, attributes={CARRIED: sorted(labels)})
        except MlflowException:
            pass  # deleted by somebody, or a name that MLflow does not take: the run stays as it is
        self._known[run_id] = labels
