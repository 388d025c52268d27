"""Loops: a pipeline of their own, whose steps are the iterations of one step.

Source: azure-ai-ml 1.35, ``DoWhile``, ``ParallelFor`` (``OUT_TYPE_MAPPING``: what the runs of a loop over items make becomes a table of
paths, or the JSON of a list of values).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.workspace.folder.trees import share_tree
from orchestrator.workspace.jobs.places import is_value
from orchestrator.workspace.pipeline.flow import DO_WHILE, LOOP, items_of, truth
from orchestrator.workspace.pipeline.graph import Graph, PipelineStep
from orchestrator.workspace.pipeline.results import value_of
from orchestrator.workspace.pipeline.schedule import PipelineState
from orchestrator.workspace.records.record import Record

_MLTABLE: Final = "MLTable"
_KEPT: Final = ("type", "mode")
"""Fields of an output that each iteration has too; where it is stored and registered is of the whole loop."""


def loop_job(
    loop: Mapping[str, Any],
    node: Mapping[str, Any],
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The pipeline that a loop is, without its type.

    Args:
        loop: see `flow.read_flow`, with its expressions resolved.
        node: the repeated step without inputs and outputs.
        inputs: of it, resolved.
        outputs: of it, by name.

    Raises:
        Invalid: there is nothing to repeat it for.
    """
    name = str(loop["body"])
    ports = {output: {field: said[field] for field in _KEPT if field in said} for output, said in outputs.items()}
    first = {
        **node,
        "inputs": {port: f"${{{{parent.inputs.{port}}}}}" for port in inputs},
        "outputs": ports,
    }
    if loop["type"] == DO_WHILE:
        jobs, made = {_named(name, 1): first}, dict(outputs)
    else:
        items = items_of(loop["items"])
        jobs = {
            _named(name, number): {**first, "inputs": {**first["inputs"], **_bare(item)}}
            for number, item in enumerate(items, 1)
        }
        made = {output: {**said, "type": "string" if is_value(said) else "mltable"} for output, said in outputs.items()}
    said = {field: value for field, value in loop.items() if field != "items"}
    return {"jobs": jobs, LOOP: said, "inputs": dict(inputs), "outputs": made}


def _named(body: str, number: int) -> str:
    return f"{body}_{number}"


def _bare(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item's values; data that came by the wire in the words of CLI v2."""
    return {
        name: {"type": value["job_input_type"], "path": value["uri"]}
        if isinstance(value, Mapping) and value.get("uri") and "job_input_type" in value
        else value
        for name, value in item.items()
    }


def grown(graph: Graph, states: Mapping[str, PipelineState], runs: Mapping[str, Record]) -> Graph | None:
    """The graph of a loop with the next iteration; None if there is none to be added now.

    Args:
        graph: with the iterations so far.
        states: of each.
        runs: of those that have completed.

    Raises:
        Invalid: the condition is neither true nor false.
    """
    loop, last, number = graph.loop, graph.newest, len(graph.steps)
    if loop.get("type") != DO_WHILE or states[last] is not PipelineState.DONE or number >= int(loop["limit"]):
        return None
    condition = loop.get("condition")
    if condition and not truth(value_of(runs[last], condition, last), f"Output '{condition}' of step '{last}'"):
        return None
    node = graph.steps[last].node
    moved: dict[str, str] = {}
    for output, inputs in loop["mapping"].items():
        moved |= dict.fromkeys(inputs, f"${{{{parent.jobs.{last}.outputs.{output}}}}}")
    name = _named(str(loop["body"]), number + 1)
    step = PipelineStep(
        name,
        {**node, "inputs": {**(node.get("inputs") or {}), **moved}},
        frozenset({last}),
        origin=_named(str(loop["body"]), 1),
    )
    return replace(graph, steps={**graph.steps, name: step})


def gather(made: Mapping[str, Record], output: str, port: Mapping[str, Any], place: Path) -> None:
    """Put together what the runs of a loop over items have made.

    Args:
        made: the run of each item, by the step's name, in the order of the items.
        output: its name.
        port: of the loop's output.
        place: where it goes.
    """
    if is_value(port):
        values = [value_of(run, output, step) for step, run in made.items()]
        private_files.replace(place, json.dumps(values))
        return
    lines = ["type: mltable", "paths:"]
    for step, run in made.items():
        source = Path(run.attributes["outputs"][output])
        share_tree(source, place / step)
        lines.append(f"  - {'file' if source.is_file() else 'folder'}: ./{step}")
    place.mkdir(parents=True, exist_ok=True)
    private_files.replace(place / _MLTABLE, "\n".join([*lines, ""]))
