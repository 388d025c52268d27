"""A circle of resources, told as one error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.graph import Ring
from orchestrator.core.resource import Desired
from orchestrator.core.span import Span
from orchestrator.spec.body_problems import error


def cycle_problem(ring: Ring, resources: Mapping[Address, Desired]) -> Diagnostic:
    """One error that shows every edge of a circle with its place."""
    nodes = cast("tuple[Address, ...]", ring.nodes)
    edges = [(node, nodes[(number + 1) % len(nodes)]) for number, node in enumerate(nodes)]
    places = [(f"{source} needs {target}", _place(resources[source], target)) for source, target in edges]
    return error(
        "reference-cycle",
        f"{ring}: each needs the next to be there first, so none can be first.",
        "Take one of these mentions away.",
        places[0][1],
        nodes[0],
        places,
    )


def _place(desired: Desired, target: Address) -> Span:
    """Where a resource mentions another; its key if the mention has no place of its own."""
    return next((reference.span for reference in desired.references if reference.target == target), desired.span)
