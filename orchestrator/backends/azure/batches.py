"""Batch endpoints of a workspace of Azure Machine Learning: invoked by azure-ai-ml, which uploads local data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from orchestrator.backends.azure.client import Client
from orchestrator.core.address import Address
from orchestrator.core.batch import BatchJob, BatchRequest
from orchestrator.core.errors import NotFound
from orchestrator.core.health import Health

_HEALTH: Final = {"Completed": Health.HEALTHY, "Failed": Health.DEGRADED, "Canceled": Health.DEGRADED}
_DEPLOYMENT: Final = "azureml.deploymentname"
_SCORE: Final = "score"
_GROUPS: Final = {"instance_count": "compute", "max_retries": "retry_settings", "timeout": "retry_settings"}
"""Settings that stand in a group of the client's own. Source: azure-ai-ml 1.35, ``BatchJobSchema``."""


class Batches:
    """See `core.batch.Batching`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def invoke(self, endpoint: Address, request: BatchRequest) -> BatchJob:
        """Start a job."""
        job = self._client.write(f"invoke {endpoint}", lambda ml: _invoke(ml, endpoint.name, request))
        return BatchJob(
            name=job.name,
            deployment=request.deployment,
            status=_said(job.status),
            health=Health.PROGRESSING,
        )

    def jobs(self, endpoint: Address, deployment: str) -> Sequence[BatchJob]:
        """The jobs of an endpoint, or of one of its deployments, newest first."""

        def listed(ml: Any) -> list[Any]:
            if deployment:
                return list(ml.batch_deployments.list_jobs(endpoint.name, name=deployment))
            return list(ml.batch_endpoints.list_jobs(endpoint.name))

        found = self._client.read(f"list the jobs of {endpoint}", listed)
        return [
            BatchJob(name=job.name, deployment=deployment, status=_said(job.status), health=_health(job.status))
            for job in found
        ]

    def job(self, endpoint: Address, name: str) -> BatchJob:
        """One of them."""
        found = self._client.read(f"read jobs.{name}", lambda ml: ml.jobs.get(name))
        if found is None:
            raise NotFound(f"{endpoint} has no job '{name}'.")
        health = _health(found.status)
        outputs = {}
        if health is Health.HEALTHY:
            children = self._client.read(
                f"list the steps of jobs.{name}", lambda ml: list(ml.jobs.list(parent_job_name=name))
            )
            outputs = {_SCORE: f"azureml://jobs/{children[0].name}/outputs/{_SCORE}"} if children else {}
        return BatchJob(
            name=name,
            deployment=str((found.tags or {}).get(_DEPLOYMENT) or ""),
            status=_said(found.status),
            health=health,
            outputs=outputs,
        )


def _said(status: Any) -> str:
    """A status as a word; some come as members of an enumeration."""
    return str(getattr(status, "value", status) or "Queued")


def _health(status: Any) -> Health:
    return _HEALTH.get(_said(status), Health.PROGRESSING)


def _invoke(ml: Any, endpoint: str, request: BatchRequest) -> Any:
    from azure.ai.ml import Input, Output
    from azure.ai.ml.constants._endpoint import EndpointInvokeFields

    inputs = {name: _input(Input, value) for name, value in request.inputs.items()}
    outputs = {name: Output(**{"type": "uri_folder", **value}) for name, value in request.outputs.items()}
    # The client remembers the deployment that was named last, for all later calls of the process.
    EndpointInvokeFields.DEFAULT_HEADER.pop(EndpointInvokeFields.MODEL_DEPLOYMENT, None)
    return ml.batch_endpoints.invoke(
        endpoint_name=endpoint,
        deployment_name=request.deployment or None,
        inputs=inputs,
        outputs=outputs or None,
        params_override=_overrides(request.settings),
        job_name=request.name or None,
        experiment_name=request.experiment or None,
    )


def _input(make: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        return make(**value)
    kinds = {bool: "boolean", int: "integer", float: "number"}
    return make(type=kinds.get(type(value), "string"), default=value)


def _overrides(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{f"{_GROUPS[name]}.{name}" if name in _GROUPS else name: value} for name, value in settings.items()]
