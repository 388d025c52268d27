"""What is wrong with a pipeline across its fields: steps that do not fit together.

Source: azure-ai-ml, ``PipelineJob._customized_validate`` and what raises when bindings are resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.job_rules import port_problems
from orchestrator.core.job_type import Body
from orchestrator.core.kind import BodyProblem
from orchestrator.core.spark import spark_problems
from orchestrator.core.tree import Path
from orchestrator.job_types.pipeline.bindings import Binding, bindings
from orchestrator.job_types.pipeline.shape import shape_of, type_of
from orchestrator.job_types.pipeline.walk import component_of, outputs_of, pipelines, steps_of

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")


def pipeline_problems(body: Body) -> Iterator[BodyProblem]:
    """Everything that is wrong with a pipeline and the pipelines in it."""
    if body.get("jobs") and body.get("component") is not None:
        yield BodyProblem(
            ("component",),
            "invalid-value",
            "A pipeline has 'jobs' or 'component', not both.",
            "Remove one of the two.",
        )
    yield from _unusable_compute(body)
    yield from _unknown_first_or_last(body)
    for path, pipeline in pipelines(body):
        yield from _of_one(path, pipeline)


def _unusable_compute(body: Body) -> Iterator[BodyProblem]:
    settings = body.get("settings")
    compute = settings.get("default_compute") if isinstance(settings, Mapping) else None
    if isinstance(compute, str) and compute.lower() != "serverless" and not compute.startswith(("azureml:", "/")):
        yield BodyProblem(
            ("settings", "default_compute"),
            "invalid-reference",
            f"'{compute}' does not start with 'azureml:'.",
            f"Write 'azureml:{compute}'.",
        )


def _unknown_first_or_last(body: Body) -> Iterator[BodyProblem]:
    """Source: azure-ai-ml, ``PipelineJob._validate_init_finalize_job``."""
    settings, steps = body.get("settings"), body.get("jobs")
    for name in ("on_init", "on_finalize"):
        step = settings.get(name) if isinstance(settings, Mapping) else None
        if isinstance(step, str) and isinstance(steps, Mapping) and step not in steps:
            detail = f"'{name}' is '{step}', but the pipeline has no step of that name."
            yield BodyProblem(
                ("settings", name), "invalid-reference", detail, did_you_mean(step, steps, "Name a step.")
            )


def _of_one(path: Path, pipeline: Body) -> Iterator[BodyProblem]:
    steps = dict(pipeline["jobs"])
    loops = {binding.name for _, step in steps_of(pipeline) for _, binding in bindings(step) if not binding.member}
    for name, step in steps.items():
        place = (*path, "jobs", name)
        if not _NAME.fullmatch(str(name)):
            yield BodyProblem(
                place,
                "invalid-name",
                f"'{name}' is not a valid name of a step: use small letters, digits and '_', and begin with a letter or '_'.",
                "Choose another name.",
            )
        if not isinstance(step, Mapping):
            continue
        yield from (_below(place, problem) for problem in _own(step))
        for where, binding in bindings(step):
            problem = _unbound(binding, pipeline, steps)
            if problem is not None:
                yield BodyProblem((*place, *where), *problem)
        if name not in loops:
            yield from _not_given(place, step)
    yield from _cycle(path, pipeline)


def _below(place: Path, problem: BodyProblem) -> BodyProblem:
    return problem._replace(path=(*place, *problem.path))


def _own(step: Body) -> Iterator[BodyProblem]:
    yield from port_problems(step)
    if shape_of(step) == "spark":
        yield from spark_problems(step)


def _unbound(binding: Binding, pipeline: Body, steps: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """The code, the sentence and the fix of a binding to something that is not there."""
    if binding.side != "jobs":
        known = pipeline.get(binding.side)
        names = known if isinstance(known, Mapping) else {}
        if binding.name in names:
            return None
        detail = (
            f"'{binding.text}' is bound to an {binding.side[:-1]} '{binding.name}' that the pipeline does not have."
        )
        fix = did_you_mean(binding.name, names, f"Declare '{binding.name}' under the pipeline's '{binding.side}'.")
        return "invalid-reference", detail, fix
    step = steps.get(binding.name)
    if step is None:
        detail = f"'{binding.text}' is bound to the step '{binding.name}', which does not exist."
        return "invalid-reference", detail, did_you_mean(binding.name, steps, f"The steps are: {', '.join(steps)}.")
    outputs = outputs_of(step) if isinstance(step, Mapping) else None
    if not binding.member or outputs is None or binding.member in outputs:
        return None
    detail = f"'{binding.text}' is bound to an output '{binding.member}' that the step '{binding.name}' does not have."
    known_outputs = ", ".join(sorted(outputs))
    otherwise = f"Its outputs are: {known_outputs}." if outputs else f"Declare it under 'outputs' of '{binding.name}'."
    return "invalid-reference", detail, did_you_mean(binding.member, sorted(outputs), otherwise)


def _not_given(place: Path, step: Body) -> Iterator[BodyProblem]:
    """Inputs that the component in a step needs and the step does not give."""
    component = component_of(step)
    declared = component.get("inputs") if component is not None else None
    given: set[str] = set()
    for side in ("inputs", "search_space"):
        members = step.get(side)
        given |= {
            str(name) for name, value in (members if isinstance(members, Mapping) else {}).items() if value is not None
        }
    for name, port in (declared if isinstance(declared, Mapping) else {}).items():
        needed = isinstance(port, Mapping) and not port.get("optional") and port.get("default") is None
        if needed and name not in given and type_of(step) != "import":
            yield BodyProblem(
                (*place, "inputs") if step.get("inputs") else place,
                "missing-field",
                f"The step '{place[-1]}' does not give the input '{name}', which its component requires.",
                f"Add '{name}: …' under its 'inputs'.",
            )


def _cycle(path: Path, pipeline: Body) -> Iterator[BodyProblem]:
    needs = {
        place[-1]: [(where, binding) for where, binding in bindings(step) if binding.side == "jobs" and binding.member]
        for place, step in steps_of(pipeline)
    }
    done: set[str | int] = set()
    for first in needs:
        trail: list[str | int] = []
        found = _follow(first, needs, trail, done)
        if found is not None:
            circle = " → ".join(map(str, [*trail[trail.index(found) :], found]))
            where = next(where for where, binding in needs[trail[-1]] if binding.name == found)
            yield BodyProblem(
                (*path, "jobs", trail[-1], *where),
                "reference-cycle",
                f"Steps wait for each other: {circle}.",
                "Take one of the bindings away.",
            )
            return


def _follow(step: Any, needs: Mapping[Any, list[tuple[Path, Binding]]], trail: list[Any], done: set[Any]) -> Any:
    """The step at which a trail of needs meets itself; None if it does not."""
    if step in trail:
        return step
    if step in done or step not in needs:
        return None
    trail.append(step)
    for _, binding in needs[step]:
        found = _follow(binding.name, needs, trail, done)
        if found is not None:
            return found
    trail.pop()
    done.add(step)
    return None
