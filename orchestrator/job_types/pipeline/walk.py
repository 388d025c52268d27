"""Goes through the steps of a pipeline and of the pipelines inside it. Works on raw bodies and never raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.job_type import Body
from orchestrator.core.tree import Path
from orchestrator.job_types.pipeline.shape import type_of

_RUNS: Final = ("component", "trial")
"""Fields of a step that name or hold a component."""


def pipelines(body: Body, path: Path = ()) -> Iterator[tuple[Path, Body]]:
    """The pipeline itself and all pipelines in it, each with its place: what has ``jobs``, ``inputs``, ``outputs``."""
    inner = body.get("component")
    if isinstance(inner, Mapping):
        yield from pipelines(inner, (*path, "component"))
    if isinstance(body.get("jobs"), Mapping):
        yield path, body
        for place, step in steps_of(body, path):
            component = step.get("component")
            if isinstance(component, Mapping) and "jobs" in component:
                yield from pipelines(component, (*place, "component"))


def steps_of(pipeline: Body, path: Path = ()) -> Iterator[tuple[Path, Body]]:
    """The steps of one pipeline, each with its place."""
    jobs = pipeline.get("jobs")
    for name, step in (jobs if isinstance(jobs, Mapping) else {}).items():
        if isinstance(step, Mapping):
            yield (*path, "jobs", name), step


def every_step(body: Body) -> Iterator[tuple[Path, Body]]:
    """The steps of a pipeline and of all pipelines in it, each with its place."""
    for path, pipeline in pipelines(body):
        yield from steps_of(pipeline, path)


def programs(body: Body) -> Iterator[Path]:
    """The places where programs stand: in steps, in the components that they hold, in the tasks of both."""
    for path, step in every_step(body):
        yield from _program(path, step)
        for field in _RUNS:
            component = step.get(field)
            if isinstance(component, Mapping) and "jobs" not in component:
                yield from _program((*path, field), component)


def _program(path: Path, holder: Body) -> Iterator[Path]:
    yield path
    if isinstance(holder.get("task"), Mapping):
        yield (*path, "task")


def sources(body: Body) -> Iterator[Path]:
    """The places that say what goes into the pipeline and into its steps."""
    for path, holder in (((), body), *every_step(body)):
        inputs = holder.get("inputs")
        yield from ((*path, "inputs", name) for name in (inputs if isinstance(inputs, Mapping) else {}))


def component_of(step: Body) -> Body | None:
    """The component that a step holds; None if it names one, or has none."""
    found = next((step[field] for field in _RUNS if isinstance(step.get(field), Mapping)), None)
    return found if isinstance(found, Mapping) else None


def outputs_of(step: Body) -> frozenset[str] | None:
    """The outputs that other steps may use; None if nobody knows them here, since a component elsewhere declares them."""
    holders: list[Any] = [step, component_of(step)]
    named = any(step.get(field) is not None and not isinstance(step[field], Mapping) for field in _RUNS)
    if named or type_of(step) in _LOOPS:
        return None
    lists = [holder["outputs"] for holder in holders if isinstance(holder, Mapping) and holder.get("outputs")]
    found = {str(name) for outputs in lists if isinstance(outputs, Mapping) for name in outputs}
    single = [holder for holder in holders if isinstance(holder, Mapping) and "output" in holder]
    return frozenset({*found, *(["output"] if single else [])})


_LOOPS: Final = ("if_else", "do_while", "parallel_for")
