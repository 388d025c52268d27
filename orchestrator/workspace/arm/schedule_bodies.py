"""Bodies of schedules: from the wire to CLI v2, and back for those that others wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.workspace.arm.job_bodies import CodePath, job_body, job_properties
from orchestrator.workspace.arm.monitor_bodies import monitor_body
from orchestrator.workspace.arm.scope import REFERENCE, Scope, name_of
from orchestrator.workspace.arm.wording import camel_keys, snake_keys, without_nothing
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.schedules.runs import JOBS, Source

_TYPES: Final = {"CreateJob": "job", "CreateMonitor": "monitor", "ImportData": "import"}
"""Source: Azure REST specification, ``ScheduleActionType``."""

_FIELDS: Final = {"monitor": "create_monitor", "import": "import_data"}


def schedule_body(sent: Mapping[str, Any], code: CodePath) -> tuple[dict[str, Any], str]:
    """The CLI v2 body of a schedule's ``properties``, and its variant.

    Imports keep what was sent as it is: they are only recorded.

    Raises:
        Invalid: jobs of this type are not run here.
        NotFound: the job's code is not there.
    """
    action = sent.get("action") or {}
    variant = _TYPES.get(str(action.get("actionType")), "job")
    body = {
        "display_name": sent.get("displayName"),
        "description": sent.get("description"),
        "properties": sent.get("properties") or None,
        "is_enabled": sent.get("isEnabled"),
        "trigger": _trigger(sent.get("trigger") or {}),
    }
    if variant == "monitor":
        body[_FIELDS[variant]] = monitor_body(action.get("monitorDefinition") or {})
        return without_nothing(body), variant
    if variant != "job":
        body[_FIELDS[variant]] = {name: value for name, value in action.items() if name != "actionType"}
        return without_nothing(body), variant
    body["create_job"] = _job(action.get("jobDefinition") or {}, code)
    return without_nothing(body), variant


def _trigger(sent: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(sent.get("triggerType") or ("Cron" if "expression" in sent else "Recurrence"))
    inner = {name: value for name, value in sent.items() if name != "triggerType" and value is not None}
    body = snake_keys(inner)
    if "schedule" in body:
        times = {name: value for name, value in snake_keys(body["schedule"]).items() if value}
        body = {**body, "schedule": times or None}
    return {"type": kind.lower(), **without_nothing(body)}


_ABOUT: Final = frozenset({"jobType", "sourceJobId", "experimentName", "isArchived", "tags", "properties"})
_CHANGES: Final = frozenset({"inputs", "outputs", "settings", "displayName", "description", "computeId"})
"""What may be otherwise of a job that is there. Source: azure-ai-ml, ``PipelineCreateJobSchema``."""


def _job(sent: Mapping[str, Any], code: CodePath) -> Any:
    """A job that is there is named by its id; the service takes changes to it beside that."""
    source = sent.get("sourceJobId")
    said = {name for name, value in sent.items() if value and name not in _ABOUT and value != _UNCHANGED}
    if source and said <= _CHANGES:
        named = f"{REFERENCE}{name_of(str(source))}"
        if not said:
            return named
        body, variant = job_body(sent, code)
        changes = {name: value for name, value in body.items() if value not in (None, {})}
        return {**changes, "type": variant, "job": named}
    body, variant = job_body(sent, code)
    kind, _, task = variant.partition(".")
    return {**body, "type": kind, **({"task": task} if task else {})}


_UNCHANGED: Final = {"_source": "YAML.JOB"}
"""Settings that the client sends where none are given."""


def schedule_properties(record: Record, source: Source | None, scope: Scope) -> dict[str, Any]:
    """The ``properties`` of a schedule that was not written over the wire.

    Args:
        source: the job that it runs; None if it is not there.
    """
    body = record.body
    trigger = camel_keys({name: value for name, value in body["trigger"].items() if name != "type"})
    kind = str(body["trigger"].get("type")).capitalize()
    if kind == "Recurrence":
        times = camel_keys(body["trigger"].get("schedule") or {})
        listed = {name: value if isinstance(value, list) else [value] for name, value in times.items()}
        trigger["schedule"] = {"hours": [], "minutes": [], **listed}
    definition = job_properties(source.body, source.variant, scope) if source is not None else {}
    job = body.get("create_job")
    if isinstance(job, str):
        definition = {**definition, "sourceJobId": scope.expand(job, JOBS)}
    return without_nothing(
        {
            "displayName": body.get("display_name"),
            "description": body.get("description"),
            "properties": body.get("properties"),
            "isEnabled": body.get("is_enabled"),
            "trigger": {"triggerType": kind, "timeZone": "UTC", **trigger},
            "action": {"actionType": "CreateJob", "jobDefinition": definition},
        }
    )
