"""A circle of resources, told as one error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.graph import Ring
from orchestrator.core.resource import Desired
from orchestrator.core.span import Span
from orchestrator.spec.body_problems import error
from orchestrator.spec.draft import Draft
from orchestrator.spec.lifecycle import read_lifecycle


def cycle_problem(ring: Ring, resources: Mapping[Address, Desired], drafts: Iterable[Draft]) -> Diagnostic:
    """One error that shows every edge of a circle with its place."""
    nodes = cast("tuple[Address, ...]", ring.nodes)
    edges = [(node, nodes[(number + 1) % len(nodes)]) for number, node in enumerate(nodes)]
    members = {draft.address: draft for draft in drafts if draft.address in nodes}
    places = [
        (f"{source} needs {target}", _place(resources[source], members[source], target)) for source, target in edges
    ]
    return error(
        "reference-cycle",
        f"{ring}: each needs the next to be there first, so none can be first.",
        "Take one of these mentions away.",
        places[0][1],
        nodes[0],
        places,
    )


def _place(desired: Desired, draft: Draft, target: Address) -> Span:
    """Where a resource mentions another; its key if the mention has no place of its own."""
    for reference in desired.references:
        if reference.target == target:
            return reference.span
    _, needs, _ = read_lifecycle(draft)
    return next((span for text, span in needs if text == str(target)), desired.span)
