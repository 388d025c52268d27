"""Writes down what became of a run: its record's health and attributes, and the end of its run in MLflow."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.errors import BackendError
from orchestrator.core.health import Health
from orchestrator.workspace.folder.durable import sync_tree
from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths
from orchestrator.workspace.folder.trees import make_read_only, remove_tree
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.jobs.folder import Ending, JobFolder, RunExit, RunOrder
from orchestrator.workspace.jobs.registering import Registering
from orchestrator.workspace.logs.masking import StreamMask
from orchestrator.workspace.monitoring.alerting import tell
from orchestrator.workspace.records.record import CANCEL_REQUESTED, MLFLOW_RUN, PROCESS, Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.tracking.run_files import show_in_mlflow
from orchestrator.workspace.tracking.server import TrackingServer

LOG_LINES: Final = 10
"""So many last lines of the log go into the message of a failed run."""

_TAIL_BYTES = 16_384
_STATUS = {Ending.COMPLETED: "FINISHED", Ending.FAILED: "FAILED", Ending.CANCELLED: "KILLED"}
_log = logging.getLogger("orchestrator.jobs")


@dataclass(frozen=True, slots=True)
class Settlement:
    """Settles ended runs. Doing it twice is the same as once."""

    paths: WorkspacePaths
    store: RecordStore
    tracking: TrackingServer

    def settle(self, record: Record, folder: JobFolder, ended: RunExit) -> None:
        """Take an end over into the record. The record comes last, so that whoever sees it finds all the rest done."""
        current = self.store.get(*record.key) or record
        attributes: dict[str, Any] = {"exit_code": ended.code, PROCESS: None, CANCEL_REQUESTED: None}
        if ended.ended:
            attributes["duration_s"] = round(ended.ended - ended.started, 3)
        order = _kept_order(folder)
        if ended.ending is Ending.COMPLETED:
            attributes["outputs"] = dict(order.outputs) if order else {}
            # What a run has made is never changed afterwards, not by a later run that reads it either.
            make_read_only(folder.outputs)
            _sync(folder, attributes["outputs"])
            if trouble := Registering(self.paths, self.store).register(current, attributes["outputs"]):
                ended = replace(ended, ending=Ending.FAILED, reason=trouble)
        self._show(current, folder, order)
        if folder.environment.exists():
            remove_tree(folder.environment)
        attributes |= self._end_tracking(current, ended)
        if best := _read_json(folder.metrics):
            attributes[execution_of(record.variant).result] = best
            if ended.ending is Ending.COMPLETED:
                attributes |= tell(self.paths, self.store, current, best)
        if ended.reason and folder.runner() is None:
            _write_reason(folder, ended.reason)
        message = "" if ended.ending is Ending.COMPLETED else _message(ended, folder)
        health = Health.HEALTHY if ended.ending is Ending.COMPLETED else Health.DEGRADED
        self.store.update_status(
            record.key, health=health, phase=ended.ending.value, message=message, attributes=attributes
        )
        _log.info("%s: %s %s", record.revision, ended.ending.value, ended.reason)

    def _show(self, record: Record, folder: JobFolder, order: RunOrder | None) -> None:
        """Put the run's files among its artifacts in MLflow. The result of the job does not hang on it."""
        try:
            said = folder.system_log.read_text(encoding="utf-8", errors="replace")
            if (masked := SecretFiles(self.paths).mask(record.key)(said)) != said:
                private_files.replace(folder.system_log, masked)
        except (OSError, BackendError):
            pass  # nothing was said
        try:
            show_in_mlflow(self.paths, record, order.outputs if order else ())
        except OSError as error:
            _log.warning("files of %s are not among its artifacts in MLflow: %s", record.revision, error)

    def _end_tracking(self, record: Record, ended: RunExit) -> dict[str, Any]:
        """End the MLflow run and read its metrics. The result of the job does not hang on it."""
        run_id = record.attributes.get(MLFLOW_RUN)
        if not run_id or not self.paths.exists:
            return {}
        try:
            client = self.tracking.client()
            client.finish_run(str(run_id), _STATUS[ended.ending])
            metrics = client.metrics(str(run_id))
        except BackendError as error:
            _log.warning("the tracked run of %s was not ended: %s", record.revision, error)
            return {}
        return {"metrics": metrics} if metrics else {}


def _kept_order(folder: JobFolder) -> RunOrder | None:
    """The run's order, from now on without its variables and secrets, which are needed no more."""
    try:
        order = RunOrder.read(folder)
        masked = StreamMask(order.secrets).text
        inputs = {name: masked(value) for name, value in order.inputs.items()}
        order = replace(order, environ={}, secrets={}, command=masked(order.command), inputs=inputs)
        order.write(folder)
    except (OSError, ValueError, TypeError):
        return None
    return order


def _sync(folder: JobFolder, outputs: Mapping[str, str]) -> None:
    """A record says that a run has completed only when what it made would survive a power cut."""
    elsewhere = [place for text in outputs.values() if not (place := Path(text)).is_relative_to(folder.outputs)]
    for place in (folder.outputs, *elsewhere):
        if place.exists():
            sync_tree(place)


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return tree if isinstance(tree, dict) else None


def _message(ended: RunExit, folder: JobFolder) -> str:
    if ended.ending is Ending.FAILED and ended.code and folder.reason.exists():
        return folder.reason.read_text(encoding="utf-8").strip()
    reasons = ended.reason.splitlines()
    lines = [line for line in _last_lines(folder.log) if line not in reasons]
    return "\n".join([ended.reason, *lines]).strip()


def _write_reason(folder: JobFolder, reason: str) -> None:
    """A run that never began has nothing in its log; whoever opens the log gets the reason."""
    if folder.path.is_dir() and reason not in "\n".join(_last_lines(folder.log)):
        folder.logs.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        with private_files.open_end(folder.log) as log:
            log.write(f"{reason}\n".encode())


def _last_lines(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line.strip()][-LOG_LINES:]
