"""Which steps are to be started now: pure decisions from what has become of the others."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from orchestrator.workspace.pipeline.graph import Graph


class PipelineState(Enum):
    """What has become of a step."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "completed"
    FAILED = "failed"
    SKIPPED = "not run"


ENDED = frozenset({PipelineState.DONE, PipelineState.FAILED, PipelineState.SKIPPED})


def ready(graph: Graph, states: Mapping[str, PipelineState]) -> list[str]:
    """The steps that can be started, in the order of the body.

    Args:
        states: of each step.
    """
    stopped = _stopped(graph, states)
    running = sum(state is PipelineState.RUNNING for state in states.values())
    found = [
        name
        for name, step in graph.steps.items()
        if states[name] is PipelineState.WAITING
        and all(states[need] in ENDED if step.last else states[need] is PipelineState.DONE for need in step.needs)
        and (step.last or not stopped)
    ]
    return found if graph.at_once is None else found[: max(0, graph.at_once - running)]


def never(graph: Graph, states: Mapping[str, PipelineState]) -> list[str]:
    """The waiting steps that will not be started any more."""
    stopped = _stopped(graph, states)
    return [
        name
        for name, step in graph.steps.items()
        if states[name] is PipelineState.WAITING
        and not step.last
        and (stopped or any(states[need] in (PipelineState.FAILED, PipelineState.SKIPPED) for need in step.needs))
    ]


def to_cancel(graph: Graph, states: Mapping[str, PipelineState]) -> list[str]:
    """The running steps that a failure ends."""
    if not _stopped(graph, states):
        return []
    return [name for name, state in states.items() if state is PipelineState.RUNNING and not graph.steps[name].last]


def _stopped(graph: Graph, states: Mapping[str, PipelineState]) -> bool:
    return not graph.on_failure_continue and PipelineState.FAILED in states.values()
