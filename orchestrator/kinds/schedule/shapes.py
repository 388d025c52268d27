"""The bodies of schedules: what all have, and what fires."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from orchestrator.core.bodies import Flag, Properties, Resource, Words
from orchestrator.core.field_mark import BodyFile, Computed, Metadata, ServiceValue, WriteOnly
from orchestrator.kinds.schedule.imports import DataImport
from orchestrator.kinds.schedule.jobs import ScheduledJob
from orchestrator.kinds.schedule.monitoring import Monitor
from orchestrator.kinds.schedule.triggers import CronTrigger, RecurrenceTrigger


class Schedule(Resource):
    """What all schedules have."""

    display_name: Annotated[Words | None, Metadata("a display name")] = Field(
        None, description="Name for people; need not be unique."
    )
    properties: Properties | None = Field(None, description="Labels that programs read.")
    is_enabled: Annotated[Flag | None, ServiceValue("default: true")] = Field(
        None, description="Whether it fires; false pauses it."
    )
    trigger: CronTrigger | RecurrenceTrigger = Field(description="When it fires.")
    provisioning_state: Annotated[str | None, Computed("read-only status of the schedule")] = Field(
        None, description="Status of the schedule, set by the service."
    )


class JobSchedule(Schedule):
    """Runs a job."""

    create_job: ScheduledJob = Field(description="azureml:NAME of a job, a file with one, or the job itself.")


class ImportSchedule(Schedule):
    """Brings data in."""

    import_data: Annotated[
        DataImport, BodyFile("an import may stand in a file"), WriteOnly("the service tells it in other words")
    ] = Field(description="The import, or a file with it.")


class MonitorSchedule(Schedule):
    """Watches a model."""

    create_monitor: Annotated[Monitor, WriteOnly("the service fills in what is left out")] = Field(
        description="What is watched, and by which signals."
    )
