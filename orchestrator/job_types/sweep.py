"""Sweep jobs: one program, run for many values of its parameters, in search of the best."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.bodies import CODE_FILES, Environ, Inputs, Job, JobResources, QueueSettings
from orchestrator.core.environment_bodies import EnvironmentRef
from orchestrator.core.field_mark import RunSetting
from orchestrator.core.job_type import Body, JobType, as_it_is, named_inputs, nothing
from orchestrator.core.kind import BodyProblem, Spec
from orchestrator.core.placeholders import unfilled
from orchestrator.core.programs import Distribution
from orchestrator.core.search_space import Space
from orchestrator.core.searching import EarlyTermination, Objective, Sampling, SweepLimits
from orchestrator.core.tree import Path

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FITS: Final = {
    "grid": ("choice",),
    "bayesian": ("choice", "uniform", "quniform"),
}
"""The search spaces that a sampling algorithm can draw from, where it cannot draw from all.
Source: Azure ML documentation, hyperparameter tuning, sampling the hyperparameter space."""


class Trial(Spec):
    """The command of each trial."""

    command: str = Field(
        description="Shell command. ${{search_space.X}}, ${{inputs.X}} and ${{outputs.Y}} are replaced by values and paths."
    )
    code: Annotated[str | None, CODE_FILES] = Field(
        None, description="Folder or file with the source code; it is the command's working directory."
    )
    environment: EnvironmentRef = Field(
        description="azureml:NAME:VERSION, azureml:NAME@LABEL or an inline environment."
    )
    environment_variables: Environ | None = Field(
        None, description="Environment variables of each trial: name to value."
    )
    resources: Annotated[JobResources | None, RunSetting("affects where it runs only")] = Field(
        None, description="Number and size of the machines that each trial runs on."
    )
    distribution: Distribution | None = Field(
        None, description="Distributed training: the launcher and the number of processes. Default: one process."
    )
    queue_settings: Annotated[QueueSettings | None, RunSetting("affects how long it waits only")] = Field(
        None, description="Tier and priority of each trial in the queue of serverless compute."
    )


class SweepJob(Job):
    """A sweep job. It runs once for each content."""

    type: Literal["sweep"] = Field(description="sweep: a sweep job.")
    trial: Trial = Field(description="The command that every trial runs.")
    search_space: dict[str, Space] | None = Field(None, description="Parameters and the values to try for each.")
    objective: Objective = Field(description="Metric to optimize.")
    limits: SweepLimits = Field(description="Limits of the sweep.")
    sampling_algorithm: Sampling | None = Field(
        None, description="How values are chosen: random, grid or bayesian. Default: random."
    )
    early_termination: EarlyTermination | None = Field(
        None, description="Policy that ends trials with poor results early. Default: none."
    )
    inputs: Inputs | None = Field(None, description="Inputs of the job, by name: literal values or data.")


def _program(body: Body) -> Iterable[Path]:
    return (("trial",),)


def _problems(variant: str, body: Body) -> Iterator[BodyProblem]:
    trial = body.get("trial")
    spaces = body.get("search_space")
    if isinstance(trial, Mapping):
        sides: dict[str, Any] = {name: body.get(name) for name in ("search_space", "inputs", "outputs")}
        if not spaces:
            sides["search_space"] = ...  # what is wrong then is said below, once
        yield from unfilled(trial.get("command"), ("trial", "command"), sides, "A trial's command")
    if not spaces:
        yield BodyProblem(
            ("search_space",) if "search_space" in body else (),
            "missing-field",
            "A sweep needs 'search_space' with at least one parameter; without one all trials are the same.",
            "Add for example 'search_space: {rate: {type: uniform, min_value: 0.01, max_value: 0.1}}'.",
        )
    if isinstance(spaces, Mapping):
        for name, space in spaces.items():
            yield from _space_problems(str(name), space, _algorithm(body))
    yield from _policy_problems(body.get("early_termination"))


def _algorithm(body: Body) -> str:
    said = body.get("sampling_algorithm")
    return str(said.get("type") if isinstance(said, Mapping) else said or "random")


def _space_problems(name: str, space: Any, algorithm: str) -> Iterator[BodyProblem]:
    path = ("search_space", name)
    if not _NAME.fullmatch(name):
        yield BodyProblem(
            path,
            "invalid-name",
            f"'{name}' cannot name a parameter: use letters, digits and '_', and begin with a letter or '_'.",
            "Choose another name.",
        )
    if not isinstance(space, Mapping):
        return
    kind = space.get("type")
    allowed = _FITS.get(algorithm)
    if allowed is not None and isinstance(kind, str) and kind not in allowed:
        yield BodyProblem(
            (*path, "type"),
            "invalid-value",
            f"{algorithm.capitalize()} sampling cannot draw from {kind}; it draws from {', '.join(allowed)}.",
            "Use another search space, or sampling_algorithm: random.",
        )
    if kind == "choice" and not space.get("values"):
        yield BodyProblem(path, "missing-field", f"The choice for '{name}' has no values.", "Add 'values: [...]'.")
    low, high = space.get("min_value"), space.get("max_value")
    if low is not None and high is not None and _number(low) and _number(high) and low > high:
        yield BodyProblem(
            (*path, "min_value"),
            "invalid-value",
            f"min_value ({low}) of '{name}' is greater than max_value ({high}).",
            "Exchange the two.",
        )
    for field in ("q", "sigma", "upper"):
        value = space.get(field)
        if value is not None and _number(value) and value <= 0:
            yield BodyProblem(
                (*path, field),
                "invalid-value",
                f"'{field}' of '{name}' is {value}; it must be greater than 0.",
                "Write a positive number.",
            )


def _policy_problems(policy: Any) -> Iterator[BodyProblem]:
    if not isinstance(policy, Mapping):
        return
    factor, amount = policy.get("slack_factor"), policy.get("slack_amount")
    if policy.get("type") == "bandit" and not factor and not amount:
        yield BodyProblem(
            ("early_termination",),
            "missing-field",
            "A bandit policy needs 'slack_factor' or 'slack_amount'.",
            "Add for example 'slack_factor: 0.1': trials that are 10 % worse than the best are ended.",
        )
    if factor and amount:
        yield BodyProblem(
            ("early_termination", "slack_amount"),
            "invalid-value",
            "A bandit policy takes 'slack_factor' or 'slack_amount', not both.",
            "Remove one of the two.",
        )
    share = policy.get("truncation_percentage")
    if share is not None and _number(share) and not 1 <= share <= 99:
        yield BodyProblem(
            ("early_termination", "truncation_percentage"),
            "invalid-value",
            f"truncation_percentage is {share}; it must be from 1 to 99.",
            "Write the share of trials to end at each evaluation, in percent.",
        )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


TYPE: Final = JobType(
    key="sweep",
    variants={"sweep": f"{__name__}:SweepJob"},
    variant_field="",
    tells=("trial",),
    schemas=("sweepJob",),
    readers={"sweep": "_sweep.sweep_job:SweepJobSchema"},
    programs=_program,
    sources=named_inputs,
    unnamed_outputs=("default", "artifacts"),
    problems=_problems,
    refusals=nothing,
    for_loader=as_it_is,
)
