"""Schedules as entities of the client, of jobs that its own loader does not take inside one too."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any, Final

from azure.ai.ml.entities import _load_functions
from azure.ai.ml.entities._builders import BaseNode
from azure.ai.ml.entities._job.pipeline.pipeline_job import PipelineJob
from azure.ai.ml.entities._schedule.schedule import JobSchedule

from orchestrator.backends.azure.sdk.entities import load_entity

_FIELD: Final = "create_job"
_SOME: Final = "azureml:some"


class AnyJobSchedule(JobSchedule):  # type: ignore[misc]  # the client has no types
    """A schedule of a job of any type: the client itself sends pipelines only. Source: azure-ai-ml, ``JobSchedule._to_rest_object``."""

    def _to_rest_object(self) -> Any:
        job: Any = self.create_job  # type: ignore[has-type]
        job = job._to_job() if isinstance(job, BaseNode) else job
        self.create_job = job
        if isinstance(job, str | PipelineJob):
            return super()._to_rest_object()
        try:
            self.create_job = _SOME
            schedule = super()._to_rest_object()
        finally:
            self.create_job = job
        definition = job._to_rest_object().properties
        model = getattr(definition, "_is_model", False)
        wire = definition.as_dict() if model else definition.serialize()
        schedule["properties"]["action"]["jobDefinition"] = wire
        return schedule


def load_schedule(body: Mapping[str, Any], job: Mapping[str, Any] | None) -> Any:
    """Let the client read a schedule.

    Args:
        body: of the schedule: plain data with ``name``; local paths absolute.
        job: the body of the job that stands inside, for the client's loader of jobs; None if the schedule only names one.
    """
    enabled = body.get("is_enabled")
    document = {name: value for name, value in body.items() if name != "is_enabled"}
    if job is not None:
        document[_FIELD] = _SOME
    entity = _load_functions.load_schedule(source=io.StringIO(json.dumps(document)))
    if job is not None:
        made = AnyJobSchedule(
            name=entity.name,
            trigger=entity.trigger,
            create_job=load_entity("load_job", job),
            display_name=entity.display_name,
            description=entity.description,
            tags=entity.tags,
            properties=entity.properties,
            base_path=entity.base_path,
        )
        entity = made
    if enabled is not None:
        entity._is_enabled = enabled
    return entity


def put_schedule(ml: Any, entity: Any) -> Any:
    """Write a schedule. Returns the client's poller.

    What comes back is not read: of other jobs than pipelines the client cannot.
    """
    operations = ml.schedules
    if not isinstance(entity, AnyJobSchedule):
        return operations.begin_create_or_update(entity)
    entity._validate(raise_error=True)
    operations._job_operations._resolve_arm_id_or_upload_dependencies(entity.create_job)
    return operations.service_client.begin_create_or_update(
        resource_group_name=operations._operation_scope.resource_group_name,
        workspace_name=operations._workspace_name,
        name=entity.name,
        cls=lambda _, found, __: found,
        body=entity._to_rest_object(),
        polling=operations._get_polling(entity.name),
    )
