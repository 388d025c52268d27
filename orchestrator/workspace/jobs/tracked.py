"""The run in MLflow that belongs to a job."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass
from typing import Final

from orchestrator.core.errors import BackendError, Failed, Transient
from orchestrator.workspace.records.record import MLFLOW_RUN, PARAMETERS, PARENT, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.tracking.client import TrackedRun, TrackingClient
from orchestrator.workspace.tracking.server import TrackingAccess, TrackingServer

PATIENCE_S: Final = 120.0
"""So long a job waits for a tracking server that does not start or dies again and again, seconds."""

_PAUSE_S: Final = 0.5
_RUN_ID: Final = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")


@dataclass(frozen=True, slots=True)
class JobTracking:
    """A job's run and how the job reaches it."""

    run: TrackedRun
    access: TrackingAccess


def run_id_of(job: str) -> str:
    """The id of a job's run: the job's name, or a digest of it if MLflow takes no such id. Source: mlflow/utils/validation.py."""
    return job if _RUN_ID.fullmatch(job) else hashlib.sha256(job.encode()).hexdigest()[:32]


def start_tracking(server: TrackingServer, store: RecordStore, record: Record, experiment: str) -> JobTracking:
    """Make a job's run. A tracking server that dies meanwhile is started again and waited for.

    Raises:
        BackendError: the server refuses, or does not come back in time.
    """
    deadline = time.monotonic() + PATIENCE_S
    tags = {"mlflow.source.name": record.address, "mlflow.user": record.owner or "amlctl"}
    tags |= _child_tags(store, record)
    name = str(record.body.get("display_name") or record.revision)
    while True:
        try:
            access = server.access()
            client = TrackingClient(access.uri, access.token)
            run = client.start_run(run_id_of(record.revision), experiment, name, tags)
            break
        except (Transient, Failed) as error:
            if not _worth_waiting(error) or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
    store.update_status(record.key, attributes={MLFLOW_RUN: run.run_id})
    return JobTracking(run, access)


def _child_tags(store: RecordStore, record: Record) -> dict[str, str]:
    """What says that a run belongs to another. Source: MLflow's nested runs; run history has parameters in a tag of this name.

    They are no parameters of the run in MLflow: the job may log some of the same name, spelt in another way, and would be refused.
    """
    name = record.attributes.get(PARENT)
    if not name:
        return {}
    parent = store.find(record.kind, str(name))
    run = "" if parent is None else str(parent.attributes.get(MLFLOW_RUN) or "")
    tags = {"hyperparameters": json.dumps(record.attributes.get(PARAMETERS) or {})}
    return {**tags, "mlflow.parentRunId": run} if run else tags


def _worth_waiting(error: BackendError) -> bool:
    """A server that answered has said what is wrong; one that did not may be there in a moment."""
    return isinstance(error, Transient)
