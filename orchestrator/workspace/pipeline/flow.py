"""Control flow of a pipeline: steps that decide which others run, and how often.

Source: azure-ai-ml 1.35, ``ConditionNode``, ``DoWhile``, ``ParallelFor``: their fields name other steps as ``${{parent.jobs.STEP}}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Invalid
from orchestrator.core.wire import snake
from orchestrator.workspace.pipeline.expressions import listed

IF_ELSE: Final = "if_else"
DO_WHILE: Final = "do_while"
PARALLEL_FOR: Final = "parallel_for"
CONTROLS: Final = (IF_ELSE, DO_WHILE, PARALLEL_FOR)

LOOP: Final = "loop"
"""Member of the body of a loop's step and of the pipeline that it runs as: how it is repeated."""

_BLOCKS: Final = {True: "true_block", False: "false_block"}
_STEP: Final = re.compile(r"\s*\$\{\{\s*parent\.jobs\.(?P<step>\w[\w-]*)\s*\}\}\s*")
_PORT: Final = re.compile(r"\s*\$\{\{.*\.(?:outputs|inputs)\.(?P<port>\w+)\s*\}\}\s*")
_MOST: Final = 1000
"""Iterations of a loop. Source: azure-ai-ml, ``DO_WHILE_MAX_ITERATION``."""

_TRUTH: Final = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Branch:
    """A condition.

    Attributes:
        condition: a value, or the expression of one.
        blocks: for each outcome the steps that run then.
    """

    condition: Any
    blocks: Mapping[bool, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Flow:
    """The steps of a pipeline with their control flow.

    Attributes:
        nodes: by name. A loop has the fields of the step that it repeats, and `LOOP`.
        branches: the conditions among them.
        bodies: a repeated step to its loop, which stands for it.
    """

    nodes: Mapping[str, Mapping[str, Any]]
    branches: Mapping[str, Branch] = field(default_factory=dict)
    bodies: Mapping[str, str] = field(default_factory=dict)


def type_of(node: Mapping[str, Any]) -> str:
    """The type that a step says, in snake case."""
    return snake(str(node.get("type") or "")).lower()


def read_flow(nodes: Mapping[str, Mapping[str, Any]]) -> Flow:
    """Tell the steps that run from those that decide on others.

    Raises:
        Invalid: a decision is about a step that is not there, or two loops repeat the same one.
    """
    branches: dict[str, Branch] = {}
    bodies: dict[str, str] = {}
    for name, node in nodes.items():
        kind = type_of(node)
        if kind == IF_ELSE:
            branches[name] = _branch(name, node, nodes)
        elif kind in CONTROLS:
            [body] = _steps(name, node.get("body"), nodes) or [""]
            if not body or body in bodies:
                what = f"'{body}' is repeated by '{bodies[body]}' already" if body else "it names no step"
                raise Invalid(
                    f"Loop '{name}' has no step to repeat: {what}.", fix="Set 'body' to ${{parent.jobs.STEP}}."
                )
            bodies[body] = name
    merged = {
        name: _repeated(kind, node, nodes) if (kind := type_of(node)) in (DO_WHILE, PARALLEL_FOR) else node
        for name, node in nodes.items()
        if name not in bodies
    }
    return Flow(merged, branches, bodies)


def _branch(name: str, node: Mapping[str, Any], nodes: Mapping[str, Any]) -> Branch:
    blocks = {outcome: frozenset(_steps(name, node.get(field), nodes)) for outcome, field in _BLOCKS.items()}
    return Branch(node.get("condition"), blocks)


def _repeated(kind: str, node: Mapping[str, Any], nodes: Mapping[str, Any]) -> dict[str, Any]:
    [body] = _steps("", node.get("body"), nodes)
    repeated = nodes[body]
    said: dict[str, Any] = {"type": kind, "body": body}
    if kind == DO_WHILE:
        limits = node.get("limits") or {}
        said |= {
            "mapping": {
                _port(port): [_port(one) for one in listed(to)] for port, to in (node.get("mapping") or {}).items()
            },
            "condition": _port(node["condition"]) if node.get("condition") is not None else None,
            "limit": min(int(limits.get("max_iteration_count") or _MOST), _MOST),
        }
    else:
        said |= {"items": node.get("items"), "at_once": node.get("max_concurrency")}
    outputs = {**(repeated.get("outputs") or {}), **(node.get("outputs") or {})}
    return {**repeated, "outputs": outputs, LOOP: said}


def _steps(name: str, said: Any, nodes: Mapping[str, Any]) -> list[str]:
    found = []
    for value in listed(said):
        match = _STEP.fullmatch(str(value))
        step = match["step"] if match else str(value)
        if step not in nodes:
            fix = did_you_mean(step, nodes, "Name a step as ${{parent.jobs.STEP}}.")
            raise Invalid(f"Step '{name}' decides on '{step}', which is not a step.", fix=fix)
        found.append(step)
    return found


def _port(said: Any) -> str:
    """The name of an input or output, which may be written as an expression."""
    match = _PORT.fullmatch(str(said))
    return match["port"] if match else str(said)


def truth(said: Any, what: str) -> bool:
    """What a condition comes to.

    Args:
        said: a boolean, or the text of one.
        what: whose value it is, for the error.

    Raises:
        Invalid: it is neither true nor false.
    """
    found = _TRUTH.get(str(said).strip().lower())
    if found is None:
        raise Invalid(f"{what} is '{said}', which is neither true nor false.", fix="Write 'true' or 'false'.")
    return found


def items_of(said: Any) -> list[Mapping[str, Any]]:
    """The inputs of each run of a loop over items.

    Args:
        said: a list, a mapping of names, or the JSON of one of them.

    Raises:
        Invalid: it is something else, or empty.
    """
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            said = None
    items = list(said.values()) if isinstance(said, Mapping) else said
    if not isinstance(items, list) or not items or not all(isinstance(item, Mapping) for item in items):
        raise Invalid(
            "The items of a loop have to be a list of mappings from inputs to values.",
            fix='Write for example [{"x": 1}].',
        )
    return items
