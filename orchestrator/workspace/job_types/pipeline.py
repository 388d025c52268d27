"""Pipeline jobs, run: a program of ours that starts a run for each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.workspace.arm.wording import without_nothing
from orchestrator.workspace.jobs.execution import (
    Body,
    Execution,
    JobWire,
    StepForm,
    WireReader,
    WireWriter,
    no_facts,
    no_inputs,
    no_program,
    nothing_foreseen,
    one_process,
)
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder

RESULT: Final = "pipeline"
_PARENT: Final = "parent."


def _time_limit(body: Body) -> float | None:
    return None


def _outputs(body: Body) -> dict[str, Mapping[str, Any]]:
    """An output that is written as a step's output, or whose path is one, has a place of its own here."""
    return {name: _own_place(spec) for name, spec in (body.get("outputs") or {}).items()}


def _own_place(said: Any) -> dict[str, Any]:
    port = dict(said) if isinstance(said, Mapping) else {}
    return {name: value for name, value in port.items() if name != "path" or _PARENT not in str(value)}


def _argv(order: RunOrder, folder: JobFolder) -> tuple[list[str], Mapping[str, str]]:
    return [order.python, "-P", "-m", "orchestrator.workspace.pipeline", str(folder.path)], {}


def _variant(sent: Mapping[str, Any]) -> str:
    return "pipeline"


def _body(sent: Mapping[str, Any], reader: WireReader) -> dict[str, Any]:
    # It reads steps as the wire's jobs are read, which needs this module.
    from orchestrator.workspace.pipeline.nodes import spoken, spoken_settings

    component = sent.get("componentId")
    return {
        "type": "pipeline",
        "jobs": {name: spoken(node) for name, node in (sent.get("jobs") or {}).items()},
        "component": reader.short(str(component)) if component else None,
        "settings": spoken_settings(sent.get("settings") or {}) or None,
        "inputs": {name: reader.input(value) for name, value in (sent.get("inputs") or {}).items()} or None,
    }


def _properties(body: Body, variant: str, writer: WireWriter) -> dict[str, Any]:
    from orchestrator.workspace.pipeline.sent import steps  # as above

    fields = {
        "jobs": steps(body.get("jobs") or {}),
        "settings": body.get("settings"),
        "inputs": {name: writer.input(value) for name, value in (body.get("inputs") or {}).items()},
    }
    return without_nothing(fields)


def _step(step: Body, component: Body) -> tuple[str, dict[str, Any]]:
    """A pipeline within a pipeline. What it says of defaults counts for itself only where it is a job."""
    fields = {
        "type": "pipeline",
        "jobs": step.get("jobs") or component.get("jobs"),
        "settings": step.get("settings"),
    }
    return "pipeline", fields


EXECUTION: Final = Execution(
    key="pipeline",
    own_python=True,
    places=0,
    program=no_program,
    inputs=no_inputs,
    outputs=_outputs,
    own_outputs=True,
    time_limit=_time_limit,
    processes=one_process,
    argv=_argv,
    result=RESULT,
    foreseen=nothing_foreseen,
    wire=JobWire(
        name="Pipeline",
        variant=_variant,
        body=_body,
        properties=_properties,
        log="user_logs/std_log.txt",
        facts=no_facts,
    ),
    step=StepForm(tells=("jobs",), component="component", job=_step, reused=False),
)
