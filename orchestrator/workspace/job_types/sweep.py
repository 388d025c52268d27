"""Sweep jobs, run: a program of ours that starts a run for each trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.errors import Invalid
from orchestrator.core.space_arguments import ON_THE_WIRE
from orchestrator.workspace.arm.wording import duration, pascal, seconds, snake, snake_keys, whole, without_nothing
from orchestrator.workspace.jobs.execution import (
    Body,
    Execution,
    JobWire,
    StepForm,
    WireReader,
    WireWriter,
    named_outputs,
    no_inputs,
    no_program,
    nothing_foreseen,
    one_process,
    program_of,
    timeout,
)
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder
from orchestrator.workspace.records.record import BEST_CHILD

RESULT: Final = "sweep"


def _argv(order: RunOrder, folder: JobFolder) -> tuple[list[str], Mapping[str, str]]:
    return [order.python, "-P", "-m", "orchestrator.workspace.sweep", str(folder.path)], {}


def _variant(sent: Mapping[str, Any]) -> str:
    return "sweep"


def _body(sent: Mapping[str, Any], reader: WireReader) -> dict[str, Any]:
    objective = sent.get("objective") or {}
    return {
        "type": "sweep",
        "trial": _trial(sent.get("trial") or {}, reader),
        "search_space": {name: _space(value) for name, value in (sent.get("searchSpace") or {}).items()},
        "objective": {"goal": str(objective.get("goal")).lower(), "primary_metric": objective.get("primaryMetric")},
        "limits": _limits(sent.get("limits") or {}),
        "sampling_algorithm": _typed(sent.get("samplingAlgorithm") or {}, "samplingAlgorithmType"),
        "early_termination": _typed(sent.get("earlyTermination") or {}, "policyType"),
        "inputs": {name: reader.input(value) for name, value in (sent.get("inputs") or {}).items()} or None,
    }


def _trial(sent: Mapping[str, Any], reader: WireReader) -> dict[str, Any]:
    environment = sent.get("environmentId")
    distribution = _typed(sent.get("distribution") or {}, "distributionType")
    fields = {
        "command": sent.get("command"),
        "code": reader.code(str(sent["codeId"])) if sent.get("codeId") else None,
        "environment": reader.short(str(environment)) if environment else None,
        "environment_variables": sent.get("environmentVariables") or None,
        "resources": without_nothing(snake_keys(sent.get("resources") or {})) or None,
        "distribution": distribution,
    }
    return without_nothing(fields)


def _space(sent: Any) -> dict[str, Any]:
    """``["uniform", [0, 1]]`` as a mapping; inside a choice there may be more of them."""
    kind, given = str(sent[0]), list(sent[1])
    space = {"type": kind, **dict(zip(ON_THE_WIRE.get(kind, ()), given, strict=False))}
    if "values" in space:
        space["values"] = [_group(value) for value in space["values"]]
    return space


def _group(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: _space(inner) if isinstance(inner, list) else inner for name, inner in value.items()}


def _typed(sent: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """An object of the wire whose type stands under a name of its own."""
    fields = {snake(key): value for key, value in sent.items() if key != name and value is not None}
    return {"type": snake(str(sent[name])), **fields} if sent.get(name) else None


def _limits(sent: Mapping[str, Any]) -> dict[str, Any]:
    fields = {snake(name): value for name, value in sent.items() if name != "jobLimitsType" and value is not None}
    for name in ("timeout", "trial_timeout"):
        if isinstance(fields.get(name), str):
            fields[name] = whole(seconds(fields[name]))
    return fields


def _properties(body: Body, variant: str, writer: WireWriter) -> dict[str, Any]:
    trial, objective = body.get("trial") or {}, body.get("objective") or {}
    said = body.get("sampling_algorithm") or "random"
    sampling = said if isinstance(said, Mapping) else {"type": said}
    fields = {
        "trial": without_nothing(
            {
                "command": trial.get("command"),
                "environmentId": writer.environment(trial.get("environment")),
                "environmentVariables": trial.get("environment_variables"),
            }
        ),
        "searchSpace": {name: _wire_space(space) for name, space in (body.get("search_space") or {}).items()},
        "objective": {
            "goal": pascal(str(objective.get("goal"))),
            "primaryMetric": objective.get("primary_metric"),
        },
        "limits": _wire_limits(body.get("limits") or {}),
        "samplingAlgorithm": _wire_typed(sampling, "samplingAlgorithmType"),
        "earlyTermination": _wire_typed(body.get("early_termination") or {}, "policyType"),
        "inputs": {name: writer.input(value) for name, value in (body.get("inputs") or {}).items()},
    }
    return without_nothing(fields)


def _wire_space(space: Mapping[str, Any]) -> list[Any]:
    kind = str(space.get("type"))
    values = [space.get(name) for name in ON_THE_WIRE.get(kind, ())]
    if kind == "choice":
        values = [[_wire_group(value) for value in space.get("values") or ()]]
    return [kind, values]


def _wire_group(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: _wire_space(inner) if isinstance(inner, Mapping) else inner for name, inner in value.items()}


def _wire_typed(said: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    if not said:
        return None
    words = {"evaluation_interval": "evaluationInterval", "delay_evaluation": "delayEvaluation"}
    words |= {"slack_factor": "slackFactor", "slack_amount": "slackAmount"}
    words |= {"truncation_percentage": "truncationPercentage"}
    fields = {words.get(key, key): value for key, value in said.items() if key != "type"}
    return {name: pascal(str(said.get("type"))), **without_nothing(fields)}


def _wire_limits(limits: Mapping[str, Any]) -> dict[str, Any]:
    fields = {
        "jobLimitsType": "Sweep",
        "maxTotalTrials": limits.get("max_total_trials"),
        "maxConcurrentTrials": limits.get("max_concurrent_trials"),
        "timeout": duration(limits["timeout"]) if limits.get("timeout") else None,
        "trialTimeout": duration(limits["trial_timeout"]) if limits.get("trial_timeout") else None,
    }
    return without_nothing(fields)


def _facts(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Source: azure-ai-ml 1.35, download of sweep jobs; run history of sweeps."""
    result = attributes.get(RESULT) or {}
    if not result.get(BEST_CHILD):
        return {}
    return {"best_child_run_id": str(result[BEST_CHILD]), "score": str(result.get("value"))}


_STEP_FIELDS: Final = ("search_space", "objective", "limits", "sampling_algorithm", "early_termination", "resources")


def _step(step: Body, component: Body) -> tuple[str, dict[str, Any]]:
    """A component's command has its parameters as inputs, which is what a trial makes of them."""
    if not component.get("command"):
        raise Invalid("The trial of a sweep step has no command.", fix="Name a command component.")
    program = program_of({name: step.get(name) for name in ("environment_variables", "resources")}, component)
    fields = {name: step[name] for name in _STEP_FIELDS if step.get(name) is not None}
    return "sweep", {"type": "sweep", "trial": program, **fields}


EXECUTION: Final = Execution(
    key="sweep",
    own_python=True,
    places=0,
    program=no_program,
    inputs=no_inputs,
    outputs=named_outputs,
    own_outputs=True,
    time_limit=timeout,
    processes=one_process,
    argv=_argv,
    result=RESULT,
    foreseen=nothing_foreseen,
    wire=JobWire(
        name="Sweep",
        variant=_variant,
        body=_body,
        properties=_properties,
        log="azureml-logs/hyperdrive.txt",
        facts=_facts,
    ),
    step=StepForm(tells=("trial", "search_space"), component="trial", job=_step, reused=True),
)
