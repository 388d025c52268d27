"""Pipeline jobs: steps of every type that pass data on to each other.

The models of bodies stand in `tree`; what a step is, is told by `shape`; `walk` goes through steps and the pipelines inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from orchestrator import job_types
from orchestrator.core.folds import bare_literal
from orchestrator.core.job_type import ON_AZURE, Body, JobType
from orchestrator.core.kind import BodyProblem
from orchestrator.core.refusal import Refusal
from orchestrator.core.tree import Path
from orchestrator.job_types.pipeline.problems import pipeline_problems
from orchestrator.job_types.pipeline.shape import shape_of, type_of
from orchestrator.job_types.pipeline.walk import every_step, programs, sources

_RUN: Final = ("command", "sweep", "parallel", "automl", "pipeline", "if_else", "do_while", "parallel_for")
"""Types of steps that the embedded workspace runs."""

_SERVERLESS: Final = "serverless"
_PLACED: Final = ("command", "sweep", "parallel")
"""Types of steps that need a compute."""


def _problems(variant: str, body: Body) -> Iterator[BodyProblem]:
    return pipeline_problems(body)


def _refusals(variant: str, body: Body) -> Iterator[Refusal]:
    for path, step in every_step(body):
        kind = type_of(step)
        if kind not in _RUN:
            yield Refusal(
                f"steps of type {kind} do not run there; it runs {', '.join(_RUN)}",
                (*path, "type"),
                ON_AZURE,
            )
        own = job_types.type_of(kind)
        if own is not None and own.key != TYPE.key and not isinstance(step.get("component"), str):
            found = own.refusals(shape_of(step), step)
            yield from (refusal._replace(path=(*path, *refusal.path)) for refusal in found)


def _programs(body: Body) -> Iterable[Path]:
    return tuple(programs(body))


def _sources(body: Body) -> Iterable[Path]:
    return tuple(sources(body))


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """The type is said, inputs that are values stand bare, and there is a compute: serverless, where nothing names another.

    Source: azure-ai-ml, ``load_job``; schemas of inputs; "Compute not set" of ``PipelineJob``.
    """
    body["type"] = "pipeline"
    bare_inputs(body)
    steps = [step for _, step in every_step(body)]
    settings = body.get("settings") or {}
    if body.get("compute") is None and not settings.get("default_compute") and any(map(_placeless, steps)):
        body["settings"] = {**settings, "default_compute": _SERVERLESS}
    return body


def bare_inputs(body: Body) -> None:
    """Let inputs of steps that are values stand bare, in place."""
    for _, step in every_step(body):
        inputs = step.get("inputs")
        if isinstance(inputs, Mapping) and isinstance(step, dict):
            step["inputs"] = {name: bare_literal(value) for name, value in inputs.items()}


def _placeless(step: Body) -> bool:
    return step.get("compute") is None and type_of(step) in _PLACED


TYPE: Final = JobType(
    key="pipeline",
    variants={"pipeline": f"{__name__}.tree:PipelineJob"},
    variant_field="",
    tells=("jobs",),
    schemas=("pipelineJob",),
    readers={"pipeline": "pipeline.pipeline_job:PipelineJobSchema"},
    programs=_programs,
    sources=_sources,
    unnamed_outputs=(),
    problems=_problems,
    refusals=_refusals,
    for_loader=_for_loader,
)
