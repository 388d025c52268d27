"""Makes jobs of batch endpoints, and finds them."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from orchestrator.core.batch import BatchRequest
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.health import Health
from orchestrator.workspace.batch.scoring import STEP, STEPS, labels, pipeline_job, scores, scoring_job
from orchestrator.workspace.folder.identity import read_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.job_types.pipeline import EXECUTION as PIPELINE
from orchestrator.workspace.jobs.folder import JobFolder
from orchestrator.workspace.jobs.places import output_place
from orchestrator.workspace.pipeline.components import Components
from orchestrator.workspace.pipeline.step_types.batch_scoring import SCORE
from orchestrator.workspace.records.record import SETTINGS, Record, RecordKey
from orchestrator.workspace.records.record_kinds import JOBS
from orchestrator.workspace.records.sealing import sealed, still_kept
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import resolve

ENDPOINT: Final = "batch_endpoint"
DEPLOYMENT: Final = "batch_deployment"
"""Attributes of a run's record: the endpoint and the deployment that it is a job of."""

_PARTS: Final = "deployments"
_DEFAULTS: Final = "defaults"
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class BatchRuns:
    """The jobs of the batch endpoints of one workspace."""

    paths: WorkspacePaths
    store: RecordStore

    def make(self, endpoint: RecordKey, request: BatchRequest) -> Record:
        """Make the job of a request. The supervisor runs it as any job.

        Raises:
            NotFound: the endpoint, the deployment, or what is to be scored is not there.
            Invalid: no deployment is the default, or the request does not fit it.
            Conflict: there is a run of this name.
        """
        whole = self.store.get(*endpoint)
        if whole is None or whole.deleting:
            raise NotFound(f"{endpoint.address} is not in the workspace.", fix="Apply first.")
        deployment = self.deployment(whole, request.deployment)
        name = request.name or f"batchjob-{uuid.uuid4()}"
        body = self._body(deployment, request)
        marks = labels(whole.name, deployment.name, scores=scores(deployment.body))
        kept = {key: deployment.attributes[key] for key in SETTINGS if key in deployment.attributes}
        record = Record(
            JOBS,
            f"{JOBS}.{name}",
            name,
            body={**body, **marks, "display_name": name, "experiment_name": request.experiment or whole.name},
            attributes={**kept, ENDPOINT: whole.address, DEPLOYMENT: deployment.name},
            health=Health.PROGRESSING,
            phase="queued",
            variant=PIPELINE.key,
        )
        for value in request.inputs.values():
            self._require(value, record)
        self._require_room(record)
        return self.store.insert(self._sealed(record, deployment))

    def _sealed(self, record: Record, deployment: Record) -> Record:
        """A run whose secrets are set aside: those of its deployment, and those in what it was invoked with."""
        secrets = SecretFiles(self.paths)
        secrets.hand_on(deployment.key, record.key, _moved)
        found = sealed(record.body, read_identity(self.paths))
        if found.values:
            kept = still_kept(found, secrets.kept(record.key), record.body)
            secrets.put(record.key, kept.values, kept.named, kept.reported)
        return replace(record, body=found.body)

    def deployment(self, endpoint: Record, name: str) -> Record:
        """A deployment of an endpoint; without a name the default one, or the only one.

        Raises:
            NotFound: it is not there.
            Invalid: there are several, and none is the default.
        """
        inside = f"{endpoint.address}.{_PARTS}."
        found = {
            record.address.removeprefix(inside): record
            for record in self.store.list(f"{endpoint.kind}.{_PARTS}")
            if record.address.startswith(inside) and not record.deleting
        }
        chosen = name or self._default(endpoint) or (next(iter(found)) if len(found) == 1 else "")
        if not chosen:
            known = f"It has: {', '.join(sorted(found))}." if found else "It has no deployments."
            raise Invalid(
                f"The endpoint '{endpoint.name}' has no default deployment. {known}",
                fix="Set defaults.deployment_name, or name a deployment.",
            )
        if chosen not in found:
            fix = did_you_mean(chosen, found, f"It has: {', '.join(sorted(found)) or 'none'}.")
            raise NotFound(f"The endpoint '{endpoint.name}' has no deployment '{chosen}'.", fix=fix)
        return found[chosen]

    def _default(self, endpoint: Record) -> str:
        record = self.store.get(f"{endpoint.kind}.{_DEFAULTS}", f"{endpoint.address}.{_DEFAULTS}", "")
        said = record.body.get(_DEFAULTS) if record is not None and not record.deleting else None
        return str((said or {}).get("deployment_name") or "").rpartition("/")[2]

    def _body(self, deployment: Record, request: BatchRequest) -> dict[str, Any]:
        body = deployment.body
        if scores(body):
            return scoring_job(body, request)
        if not body.get("job_definition"):
            component = Components(self.store).find(body["component"])
            return pipeline_job(body, {"component": body["component"]}, request, component)
        name = str(body["job_definition"]).removeprefix("azureml:").partition(":")[0].rpartition("/")[2]
        job = self.store.find(JOBS, name) or self.store.latest(JOBS, f"{JOBS}.{name}")
        if job is None or job.variant != PIPELINE.key:
            raise NotFound(f"The pipeline job '{name}', which is deployed, is not in the workspace.")
        return pipeline_job(body, job.body, request, job.body)

    def _require(self, value: Any, record: Record) -> None:
        """Data that are not there are missed at once, not by the job. What would have to be fetched first is left to it."""
        path = str(value.get("path") or "") if isinstance(value, Mapping) else ""
        if path and not path.startswith(("http:", "https:")):
            resolve(self.store, self.paths, record.stand_ins, path)

    def _require_room(self, record: Record) -> None:
        """Predictions do not replace those of another job. Source: Azure ML documentation, output location of batch jobs."""
        step = (record.body.get(STEPS) or {}).get(STEP)
        port = (record.body.get("outputs") or {}).get(SCORE) or {}
        if step is None or not port.get("path"):
            return
        place = output_place(self.paths, JobFolder(self.paths.job(record.revision)), record.revision, SCORE, port)
        if (place / str(step["output_file_name"])).exists():
            raise Conflict(
                f"{port['path']}/{step['output_file_name']} exists already.",
                fix="Choose another output path, or another output_file_name.",
            )

    def of(self, endpoint: RecordKey, deployment: str = "") -> Sequence[Record]:
        """The jobs of an endpoint, or of one of its deployments, newest first."""
        return [
            record
            for record in reversed(self.store.list(JOBS))
            if record.attributes.get(ENDPOINT) == endpoint.address
            and deployment in ("", record.attributes.get(DEPLOYMENT))
            and not record.deleting
        ]

    def progress(self, job: Record) -> tuple[int, int] | None:
        """How many mini-batches of a job have ended, of how many; None if that is not known."""
        file = JobFolder(self.paths.job(f"{job.revision}_{STEP}")).progress
        total, ended = None, set()
        with contextlib.suppress(OSError):
            for line in file.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError):
                    said = json.loads(line)
                    total = said.get("total", total)
                    ended |= {said["batch"]} if "batch" in said else set()
        return None if total is None else (len(ended), total)


def _moved(path: _Path) -> _Path | None:
    """Where a secret of a deployment stands in the body of its job."""
    return (STEPS, STEP, *path)
