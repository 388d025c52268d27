"""Schedules: jobs, imports and monitors that run again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.core.behaviour import LOCAL_PROCESSED, WRITTEN
from orchestrator.core.firings import ignored_cron_fields
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Variants
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Removal
from orchestrator.core.tree import Path, value_at
from orchestrator.kinds.schedule.azure import for_loader

_HERE: Final = "orchestrator.kinds.schedule"
_MODELS: Final = {"job": "JobSchedule", "import": "ImportSchedule", "monitor": "MonitorSchedule"}
_SECTIONS: Final = {"create_monitor": "monitor", "import_data": "import"}
"""Fields that tell what fires. Source: azure-ai-ml, ``Schedule._resolve_cls_and_type``."""


def _variant(body: Mapping[str, Any]) -> str:
    return next((variant for field, variant in _SECTIONS.items() if field in body), "job")


def _problems(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    from orchestrator.kinds.schedule.jobs import job_mistakes
    from orchestrator.kinds.schedule.triggers import trigger_problems

    yield from trigger_problems(body)
    if variant == "job":
        yield from job_mistakes(body)


def _refusals(variant: str, properties: Mapping[str, Any]) -> Iterator[Refusal]:
    from orchestrator.kinds.schedule.jobs import job_place_refusals

    if variant == "monitor":
        from orchestrator.kinds.schedule.monitors_here import monitor_refusals

        yield from monitor_refusals(properties)
        return
    if variant != "job":
        field = next(name for name, of in _SECTIONS.items() if of == variant)
        yield Refusal(
            f"schedules with '{field}' are only recorded in Azure", (field,), "Choose another target, or remove it."
        )
        return
    yield from job_place_refusals(properties)
    expression = value_at(properties, ("trigger", "expression"))
    ignored = ignored_cron_fields(expression) if isinstance(expression, str) else ()
    if ignored:
        yield Refusal(
            f"The {' and '.join(ignored)} of the cron expression '{expression}' are ignored, as Azure ML does: it takes * for them.",
            ("trigger", "expression"),
            "Write * there, or use a trigger of type recurrence with month_days.",
            stops=False,
        )


def _environments(variant: str, body: Mapping[str, Any]) -> Iterator[Path]:
    from orchestrator.kinds.schedule.jobs import job_environments

    yield from job_environments(body)


KIND: Final = Kind(
    key="schedules",
    order=105,
    title="schedule",
    identity=Identity.NAMED,
    variants=Variants({variant: f"{_HERE}.shapes:{model}" for variant, model in _MODELS.items()}),
    variant=_variant,
    variant_field="",
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}",
        "1 to 255 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, workspaces/schedules",
    ),
    azure=AzureBinding(
        "schedules",
        loader="load_schedule",
        create="begin_create_or_update",
        remove="begin_delete",
        driver="schedules",
        for_loader=for_loader,
    ),
    behaviour=WRITTEN,
    local=replace(LOCAL_PROCESSED, runs=True, reveals=True),
    source="Azure ML CLI v2 YAML reference: schedule, data import schedule, monitor schedule",
    schemas=("schedule.schema", "monitorSchedule", "importSchedule", "/schedule."),
    shape=("trigger", "create_job", "create_monitor", "import_data"),
    removal=Removal.DELETE,
    fires=True,
    nests={"create_job": "jobs"},
    problems=_problems,
    local_refusals=_refusals,
    environments=_environments,
)
