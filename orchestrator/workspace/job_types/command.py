"""Command jobs, run: a shell command in its environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.workspace.arm.wording import duration, seconds, snake, whole, without_nothing
from orchestrator.workspace.jobs.command import render
from orchestrator.workspace.jobs.execution import (
    Body,
    Execution,
    JobWire,
    StepForm,
    WireReader,
    WireWriter,
    named_inputs,
    named_outputs,
    no_facts,
    nothing_foreseen,
    program_of,
    timeout,
)
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder
from orchestrator.workspace.jobs.launching import process_count


def _program(body: Body) -> str:
    return str(body.get("command", ""))


def _argv(order: RunOrder, folder: JobFolder) -> tuple[list[str], Mapping[str, str]]:
    script = render(order.command, order.inputs, order.outputs, order.literals)
    return ["bash", "-c", script.text], script.environ


def _variant(sent: Mapping[str, Any]) -> str:
    return "command"


def _body(sent: Mapping[str, Any], reader: WireReader) -> dict[str, Any]:
    timeout = (sent.get("limits") or {}).get("timeout")
    environment = sent.get("environmentId")
    return {
        "type": "command",
        "command": sent.get("command"),
        "code": reader.code(str(sent["codeId"])) if sent.get("codeId") else None,
        "environment": reader.short(str(environment)) if environment else None,
        "inputs": {name: reader.input(value) for name, value in (sent.get("inputs") or {}).items()} or None,
        "limits": {"timeout": whole(seconds(str(timeout)))} if timeout else None,
        "distribution": _distribution(sent.get("distribution") or {}) or None,
    }


def _distribution(sent: Mapping[str, Any]) -> dict[str, Any]:
    fields = {snake(name): value for name, value in sent.items() if name != "distributionType"}
    kind = str(sent.get("distributionType") or "").lower()
    return {name: value for name, value in {**fields, "type": kind}.items() if value not in (None, {}, [], "")}


def _properties(body: Body, variant: str, writer: WireWriter) -> dict[str, Any]:
    timeout = (body.get("limits") or {}).get("timeout")
    fields = {
        "command": body.get("command"),
        "environmentId": writer.environment(body.get("environment")),
        "inputs": {name: writer.input(value) for name, value in (body.get("inputs") or {}).items()},
        "limits": {"jobLimitsType": "Command", "timeout": duration(timeout)} if timeout else None,
    }
    return without_nothing(fields)


def _step(step: Body, component: Body) -> tuple[str, dict[str, Any]]:
    return "command", {"type": "command", **program_of(step, component), "limits": step.get("limits")}


EXECUTION: Final = Execution(
    key="command",
    own_python=False,
    places=1,
    program=_program,
    inputs=named_inputs,
    outputs=named_outputs,
    own_outputs=True,
    time_limit=timeout,
    processes=process_count,
    argv=_argv,
    result="result",
    foreseen=nothing_foreseen,
    wire=JobWire(
        name="Command",
        variant=_variant,
        body=_body,
        properties=_properties,
        log="user_logs/std_log.txt",
        facts=no_facts,
    ),
    step=StepForm(tells=("command",), component="component", job=_step, reused=True),
)
