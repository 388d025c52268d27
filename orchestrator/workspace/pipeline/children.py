"""Steps as runs: a record of a job for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from orchestrator.core.errors import BackendError, Conflict
from orchestrator.core.fingerprint import digest_text
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.registering import Registering
from orchestrator.workspace.jobs.tracked import run_id_of
from orchestrator.workspace.pipeline.earlier import take_over
from orchestrator.workspace.pipeline.flow import LOOP
from orchestrator.workspace.pipeline.graph import PipelineStep
from orchestrator.workspace.pipeline.making import Made
from orchestrator.workspace.records.record import (
    CANCEL_REQUESTED,
    MLFLOW_RUN,
    PARENT,
    SETTINGS,
    STEP,
    Record,
)
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.tracking.client import TrackedRun
from orchestrator.workspace.tracking.run_files import show_in_mlflow

_LONGEST: Final = 150
"""Of a run's name, which names a folder too."""

_QUEUED: Final = "queued"
_FINISHED: Final = "FINISHED"


class ChildTracking(Protocol):
    """What the tracking server is asked for; see `TrackingClient`."""

    def start_run(self, run_id: str, experiment: str, name: str, tags: Mapping[str, str]) -> TrackedRun: ...

    def finish_run(self, run_id: str, status: str) -> None: ...

    def log_metric(self, run_id: str, metric: str, value: float) -> None: ...


class StepRuns:
    """The runs of one pipeline's steps.

    Args:
        paths, store: the workspace.
        parent: the record of the pipeline.
        tracking: where runs that take an earlier result over are shown.
    """

    def __init__(self, paths: WorkspacePaths, store: RecordStore, parent: Record, tracking: ChildTracking) -> None:
        self._paths = paths
        self._store = store
        self._secrets = SecretFiles(paths)
        self._parent = parent
        self._tracking = tracking

    def all(self) -> dict[str, Record]:
        """The runs that there are, by the names of their steps."""
        runs = self._store.list(self._parent.kind)
        mine = [run for run in runs if run.attributes.get(PARENT) == self._parent.revision and not run.deleting]
        return {str(run.attributes[STEP]["name"]): run for run in mine if run.attributes.get(STEP)}

    def read(self, run: Record) -> Record:
        """A run as it is now. One that somebody has deleted counts as ended badly."""
        record = self._store.get(*run.key)
        if record is None or record.deleting:
            return replace(run, health=Health.DEGRADED, phase="cancelled", message="The run was deleted.")
        return record

    def of_this_try(self, run: Record) -> bool:
        """Whether a run was made since somebody wanted the pipeline to run: begun again after a kill is the same try."""
        return bool(run.attributes[STEP].get("try") == self._parent.generation)

    def name(self, step: PipelineStep) -> str:
        """The name of a step's run."""
        name = f"{self._parent.revision}_{step.name}"
        return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 13]}_{digest_text(name)[:12]}"

    def start(self, step: PipelineStep, made: Made, digest: str) -> Record:
        """Make a step's run, or begin one again that has ended badly. The supervisor runs it as any job.

        Raises:
            Conflict: another run has its name.
        """
        record = self._record(step, made, digest)
        self._secrets.hand_on(self._parent.key, record.key, lambda path: _within(path, step, made.body))
        existing = self._existing(record)
        if existing is None:
            return self._store.insert(record)
        gone = dict.fromkeys((*existing.attributes.keys() - record.attributes.keys(), CANCEL_REQUESTED))
        return self._store.update_body(replace(record, attributes={**gone, **record.attributes}))

    def reuse(self, step: PipelineStep, made: Made, digest: str, source: Record) -> tuple[Record, str]:
        """Make a step's run that takes an earlier result over.

        Returns:
            The run, and which of its outputs could not be registered and why.
        """
        record = self._record(step, made, digest)
        existing = self._existing(record)
        found = take_over(self._paths, source, record.revision)
        origin = (source.attributes.get(STEP) or {}).get("reused_from") or source.revision
        said = {"name": step.name, "digest": digest, "reused_from": origin, "module": _module(step)}
        done = replace(
            record,
            attributes={**record.attributes, **found, STEP: said, **self._tracked(record, source)},
            health=Health.HEALTHY,
            phase="completed",
        )
        trouble = Registering(self._paths, self._store).register(done, done.attributes["outputs"])
        show_in_mlflow(self._paths, done, done.attributes["outputs"])
        return (self._store.insert(done) if existing is None else self._store.update_body(done)), trouble

    def cancel(self, run: Record, why: str) -> None:
        """Ask a run to end."""
        self._store.update_status(run.key, message=why, attributes={CANCEL_REQUESTED: True})

    def _existing(self, record: Record) -> Record | None:
        existing = self._store.find(record.kind, record.revision)
        if existing is not None and existing.attributes.get(PARENT) != self._parent.revision:
            raise Conflict(f"There is another run '{record.revision}'.", fix="Give the pipeline's run another name.")
        return existing

    def _record(self, step: PipelineStep, made: Made, digest: str) -> Record:
        parent, name = self._parent, self.name(step)
        kept = {key: parent.attributes[key] for key in SETTINGS if key in parent.attributes}
        return Record(
            parent.kind,
            f"{parent.kind}.{name}",
            name,
            body=made.body,
            attributes={
                **kept,
                PARENT: parent.revision,
                STEP: {"name": step.name, "digest": digest, "try": parent.generation, "module": _module(step)},
            },
            health=Health.PROGRESSING,
            phase=_QUEUED,
            variant=made.variant,
        )

    def _tracked(self, record: Record, source: Record) -> dict[str, str]:
        """A run in MLflow that shows what the earlier one has logged. The result of the step does not hang on it."""
        run_id = run_id_of(record.revision)
        tags = {
            "mlflow.parentRunId": str(self._parent.attributes.get(MLFLOW_RUN) or self._parent.revision),
            "mlflow.source.name": record.address,
            "amlctl.reused_from": source.revision,
        }
        try:
            run = self._tracking.start_run(
                run_id, str(record.body["experiment_name"]), str(record.body["display_name"]), tags
            )
            for metric, value in (source.attributes.get("metrics") or {}).items():
                self._tracking.log_metric(run.run_id, metric, value)
            self._tracking.finish_run(run.run_id, _FINISHED)
        except BackendError:
            return {}
        return {MLFLOW_RUN: run.run_id}


def _module(step: PipelineStep) -> str:
    """The name of the component that a step runs; of one without a component, its own."""
    said = step.node.get("component")
    named = said.get("name") if isinstance(said, Mapping) else said
    return str(named or step.name).rpartition("azureml:")[2].partition(":")[0].partition("@")[0]


def _within(path: tuple[str | int, ...], step: PipelineStep, body: Mapping[str, Any]) -> tuple[str | int, ...] | None:
    """Where a value of the pipeline's body stands in the body of a step's job; None if it is not in it."""
    if path[:2] != ("jobs", step.origin or step.name):
        return None
    inner = path[2:]
    if LOOP in step.node:
        # The first iteration has it; the others get it from there, see `PipelineStep.origin`.
        inner = ("jobs", next(iter(body["jobs"])), *inner)
        return inner if _is_in(body, inner) else None
    place = inner[1:] if inner[:1] == ("component",) else inner
    return place if _is_in(body, place) else None


def _is_in(body: Mapping[str, Any], place: tuple[str | int, ...]) -> bool:
    tree: Any = body
    for part in place:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True
