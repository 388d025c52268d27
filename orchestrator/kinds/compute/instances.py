"""What only compute instances have: whose they are, when they run, what is put on them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, Environ, Whole
from orchestrator.core.field_mark import Computed, WriteOnly
from orchestrator.core.kind import Spec

Weekday: TypeAlias = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]


class AssignedUser(Spec):
    """The person an instance belongs to."""

    user_tenant_id: str
    user_object_id: str


class SetupScript(Spec):
    """A script or command that prepares an instance."""

    path: str | None = None
    command: str | None = None
    timeout_minutes: Whole | None = None


class SetupScripts(Spec):
    """Scripts run when an instance is made and whenever it starts."""

    creation_script: SetupScript | None = None
    startup_script: SetupScript | None = None


class Trigger(Spec):
    """What triggers of all kinds have."""

    start_time: str | None = None
    time_zone: str | None = None


class CronTrigger(Trigger):
    """Times as cron writes them."""

    type: Annotated[Literal["cron"], ANY_CASE]
    expression: str


class RecurrencePattern(Spec):
    """Days and times within a week or month."""

    week_days: list[Weekday] | None = None
    hours: list[Whole] | None = None
    minutes: list[Whole] | None = None


class RecurrenceTrigger(Trigger):
    """Again and again."""

    type: Annotated[Literal["recurrence"], ANY_CASE]
    frequency: Annotated[Literal["minute", "hour", "day", "week", "month"], ANY_CASE]
    interval: Whole
    schedule: RecurrencePattern | None = None


class Schedule(Spec):
    """One time at which an instance starts or stops."""

    trigger: CronTrigger | RecurrenceTrigger | None = None
    action: Annotated[Literal["start", "stop"], ANY_CASE]
    state: Annotated[Literal["enabled", "disabled"] | None, ANY_CASE] = None
    schedule_id: Annotated[str | None, Computed("set by the service")] = None
    provisioning_state: Annotated[str | None, Computed("read-only status of the schedule")] = None


class Schedules(Spec):
    """When an instance starts and stops by itself."""

    compute_start_stop: list[Schedule] | None = None


class ApplicationPort(Spec):
    """A port that an application is reached on."""

    target: Whole = Field(ge=1025, le=65535)
    published: Whole = Field(ge=1025, le=65535)


class BindMount(Spec):
    """A folder shared with an application."""

    source: str
    target: str


class ApplicationImage(Spec):
    """The image of an application."""

    reference: str
    type: Literal["docker"] | None = None


class CustomApplication(Spec):
    """A further application on an instance."""

    name: str
    type: Literal["docker"] | None = None
    image: ApplicationImage
    endpoints: list[ApplicationPort]
    bind_mounts: list[BindMount] | None = None
    environment_variables: Environ | None = None


class InstanceSsh(Spec):
    """The key that opens an instance; its administrator is given by the service."""

    ssh_key_value: Annotated[str | None, WriteOnly("never returned")] = None
    admin_username: Annotated[str | None, Computed("set by the service")] = None
    ssh_port: Annotated[str | None, Computed("set by the service")] = None
