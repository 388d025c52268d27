"""What only compute instances have: whose they are, when they run, what is put on them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, Environ, Whole
from orchestrator.core.field_mark import Computed, WriteOnly
from orchestrator.core.kind import Spec

Weekday: TypeAlias = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]


class AssignedUser(Spec):
    """The user that an instance is assigned to."""

    user_tenant_id: str = Field(description="Tenant ID of the user.")
    user_object_id: str = Field(description="Object ID of the user.")


class SetupScript(Spec):
    """A script or command that sets up an instance."""

    path: str | None = Field(None, description="Path of the script on the workspace's file share. Set this or command.")
    command: str | None = Field(None, description="Shell command. Set this or path.")
    timeout_minutes: Whole | None = Field(None, description="Maximum run time of the script, in minutes. Default: 15.")


class SetupScripts(Spec):
    """Scripts that run when an instance is created and each time it starts."""

    creation_script: SetupScript | None = Field(
        None, description="Script that runs once, when the instance is created."
    )
    startup_script: SetupScript | None = Field(None, description="Script that runs each time the instance starts.")


class Trigger(Spec):
    """What triggers of all kinds have."""

    start_time: str | None = Field(
        None, description="First time at which the trigger can fire, in ISO 8601 format. Default: now."
    )
    time_zone: str | None = Field(
        None, description="Time zone of the trigger, as a Windows name such as W. Europe Standard Time. Default: UTC."
    )


class CronTrigger(Trigger):
    """Times given by a cron expression."""

    type: Annotated[Literal["cron"], ANY_CASE] = Field(description="cron: times given by a cron expression.")
    expression: str = Field(description="Cron expression with five fields, such as 0 18 * * *.")


class RecurrencePattern(Spec):
    """Days and times within the interval."""

    week_days: list[Weekday] | None = Field(None, description="Days of the week. For frequency week only.")
    hours: list[Whole] | None = Field(None, description="Hours of the day, 0 to 23.")
    minutes: list[Whole] | None = Field(None, description="Minutes of the hour, 0 to 59.")


class RecurrenceTrigger(Trigger):
    """A fixed interval."""

    type: Annotated[Literal["recurrence"], ANY_CASE] = Field(description="recurrence: a fixed interval.")
    frequency: Annotated[Literal["minute", "hour", "day", "week", "month"], ANY_CASE] = Field(
        description="Unit of the interval."
    )
    interval: Whole = Field(description="Number of units between two occurrences.")
    schedule: RecurrencePattern | None = Field(None, description="Days and times within the interval.")


class Schedule(Spec):
    """A time at which an instance starts or stops."""

    trigger: CronTrigger | RecurrenceTrigger | None = Field(None, description="When the action takes place.")
    action: Annotated[Literal["start", "stop"], ANY_CASE] = Field(description="start or stop the instance.")
    state: Annotated[Literal["enabled", "disabled"] | None, ANY_CASE] = Field(
        None, description="Whether the schedule is active. Default: enabled."
    )
    schedule_id: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: ID of the schedule."
    )
    provisioning_state: Annotated[str | None, Computed("read-only status of the schedule")] = Field(
        None, description="Read-only: provisioning state of the schedule."
    )


class Schedules(Spec):
    """Times at which an instance starts and stops automatically."""

    compute_start_stop: list[Schedule] | None = Field(None, description="Times at which the instance starts or stops.")


class ApplicationPort(Spec):
    """A published port of an application."""

    target: Whole = Field(ge=1025, le=65535, description="Port of the application in its container.")
    published: Whole = Field(ge=1025, le=65535, description="Port of the instance that forwards to target.")


class BindMount(Spec):
    """A folder of the instance that is mounted in the container."""

    source: str = Field(description="Path on the instance.")
    target: str = Field(description="Path in the container.")


class ApplicationImage(Spec):
    """The container image of an application."""

    reference: str = Field(description="Container image of the application.")
    type: Literal["docker"] | None = Field(None, description="docker: a Docker image (default).")


class CustomApplication(Spec):
    """An additional application on an instance."""

    name: str = Field(description="Name of the application.")
    type: Literal["docker"] | None = Field(None, description="docker: an application in a Docker container (default).")
    image: ApplicationImage = Field(description="Container image of the application.")
    endpoints: list[ApplicationPort] = Field(description="Ports of the application.")
    bind_mounts: list[BindMount] | None = Field(
        None, description="Folders of the instance that are mounted in the container."
    )
    environment_variables: Environ | None = Field(
        None, description="Environment variables of the application: name to value."
    )


class InstanceSsh(Spec):
    """The SSH key of an instance; its administrator is set by the service."""

    ssh_key_value: Annotated[str | None, WriteOnly("never returned")] = Field(
        None, description="SSH public key of the user."
    )
    admin_username: Annotated[str | None, Computed("set by the service")] = Field(
        None, description="Read-only: user name of the administrator."
    )
    ssh_port: Annotated[str | None, Computed("set by the service")] = Field(None, description="Read-only: SSH port.")
