"""A pipeline as its runner sees it: steps, what each of them waits for, and where the pipeline's outputs come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Invalid
from orchestrator.workspace.pipeline.expressions import INNER, FromStep, ToOutput, expression, expressions
from orchestrator.workspace.pipeline.flow import LOOP, Branch, Flow, read_flow


@dataclass(frozen=True, slots=True)
class PipelineStep:
    """One step.

    Attributes:
        name: its key below ``jobs``.
        node: what the body says of it.
        needs: names of steps that have to have ended first.
        last: it runs at the very end, whatever became of the others.
        origin: the key below ``jobs`` under which its fields stand; empty if that is its name.
    """

    name: str
    node: Mapping[str, Any]
    needs: frozenset[str]
    last: bool = False
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """All steps of a pipeline.

    Attributes:
        steps: by name, in the order of the body.
        outputs: output of the pipeline to what becomes it.
        on_failure_continue: a failed step ends only those that need it.
        force_rerun: no earlier result is used.
        compute: of steps that name none.
        branches: the steps that are conditions.
        bodies: a repeated step to the loop that stands for it.
        loop: how its steps are repeated, if the whole pipeline is a loop; else empty.
        at_once: so many steps run at the same time; None means no bound.
    """

    steps: Mapping[str, PipelineStep]
    outputs: Mapping[str, FromStep]
    on_failure_continue: bool
    force_rerun: bool
    compute: str | None
    branches: Mapping[str, Branch] = field(default_factory=dict)
    bodies: Mapping[str, str] = field(default_factory=dict)
    loop: Mapping[str, Any] = field(default_factory=dict)
    at_once: int | None = None

    @property
    def newest(self) -> str:
        """The step that stands last."""
        return list(self.steps)[-1]

    @property
    def handed_on(self) -> dict[str, Any]:
        """Settings that count for the pipelines inside of it too."""
        return {"continue_on_step_failure": self.on_failure_continue, "force_rerun": self.force_rerun}


def read_graph(body: Mapping[str, Any]) -> Graph:
    """The graph of a pipeline's body.

    Raises:
        Invalid: it has no steps, a step needs one that is not there, or steps wait for each other.
    """
    nodes: Mapping[str, Any] = body.get("jobs") or {}
    if not nodes:
        raise Invalid("The pipeline has no steps.", fix="Add steps under 'jobs'.")
    settings = body.get("settings") or {}
    flow, loop = read_flow(nodes), body.get(LOOP) or {}
    origins = dict.fromkeys(nodes, next(iter(nodes))) if loop else {loop: body for body, loop in flow.bodies.items()}
    steps = {
        name: PipelineStep(name, node, _needs(name, node, nodes, flow), origin=origins.get(name, ""))
        for name, node in flow.nodes.items()
    }
    steps = _framed(steps, settings.get("on_init"), settings.get("on_finalize"))
    _require_order(steps)
    return Graph(
        steps,
        {name: _standing(source, flow) for name, source in _outputs(body, flow.nodes)},
        on_failure_continue=_flag(settings.get("continue_on_step_failure")),
        force_rerun=_flag(settings.get("force_rerun")),
        compute=settings.get("default_compute") or body.get("compute"),
        branches=flow.branches,
        bodies=flow.bodies,
        loop=loop,
        at_once=int(loop["at_once"]) if loop.get("at_once") else None,
    )


def _standing(source: FromStep, flow: Flow) -> FromStep:
    return FromStep(flow.bodies.get(source.step, source.step), source.output)


def _needs(name: str, node: Mapping[str, Any], nodes: Mapping[str, Any], flow: Flow) -> frozenset[str]:
    outer = {field: value for field, value in node.items() if field not in INNER}
    needed = [found for found in expressions(outer) if isinstance(found, FromStep)]
    for source in needed:
        if source.step not in nodes:
            fix = did_you_mean(source.step, nodes, "Name a step of this pipeline.")
            raise Invalid(f"Step '{name}' reads an output of '{source.step}', which is not a step.", fix=fix)
    needs = {_standing(source, flow).step for source in needed}
    for branch, said in flow.branches.items():
        decided = {flow.bodies.get(step, step) for steps in said.blocks.values() for step in steps}
        needs |= {branch} if name in decided else set()
    return frozenset(needs - {name})


def _framed(steps: dict[str, PipelineStep], first: Any, last: Any) -> dict[str, PipelineStep]:
    """The steps with those that run before and after all others. Source: Azure ML CLI v2, ``settings.on_init``, ``on_finalize``."""
    if first in steps:
        steps = {
            name: step if name in (first, last) else replace(step, needs=step.needs | {str(first)})
            for name, step in steps.items()
        }
    if last in steps:
        others = frozenset(steps) - {str(last)}
        steps = {**steps, str(last): replace(steps[str(last)], needs=others, last=True)}
    return steps


def _require_order(steps: Mapping[str, PipelineStep]) -> None:
    left = dict(steps)
    while free := [name for name, step in left.items() if not step.needs & left.keys()]:
        for name in free:
            del left[name]
    if left:
        raise Invalid(
            f"Steps wait for each other: {', '.join(left)}.", fix="Remove one of the bindings between their outputs."
        )


def _outputs(body: Mapping[str, Any], nodes: Mapping[str, Any]) -> Iterator[tuple[str, FromStep]]:
    """From both forms: a step says which output of the pipeline it makes, or the pipeline says which step's output it is."""
    for name, said in (body.get("outputs") or {}).items():
        for value in (said, said.get("path") if isinstance(said, Mapping) else None):
            if isinstance(source := expression(value), FromStep):
                yield name, source
    for step, node in nodes.items():
        for output, said in (node.get("outputs") or {}).items():
            for value in (said, said.get("path") if isinstance(said, Mapping) else None):
                if isinstance(target := expression(value), ToOutput):
                    yield target.name, FromStep(step, output)


def _flag(value: Any) -> bool:
    """Clients send switches as texts too."""
    return value if isinstance(value, bool) else str(value).lower() == "true"
