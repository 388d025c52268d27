"""A circle of resources, told as one error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.graph import Cycle
from orchestrator.core.resource import Desired
from orchestrator.core.span import Span
from orchestrator.core.value import Reference, Template
from orchestrator.spec.body_problems import error
from orchestrator.spec.draft import Draft
from orchestrator.spec.lifecycle import read_lifecycle


def cycle_problem(cycle: Cycle, resources: Mapping[Address, Desired], drafts: Iterable[Draft]) -> Diagnostic:
    """One error that shows every edge of a circle with its place."""
    nodes = cast("tuple[Address, ...]", cycle.nodes)
    edges = [(node, nodes[(number + 1) % len(nodes)]) for number, node in enumerate(nodes)]
    members = {draft.address: draft for draft in drafts if draft.address in nodes}
    places = [
        (f"{source} needs {target}", _place(resources[source], members[source], target)) for source, target in edges
    ]
    return error(
        "reference-cycle",
        f"{cycle}: each depends on the next.",
        "Remove one of these references.",
        places[0][1],
        nodes[0],
        places,
    )


def _place(desired: Desired, draft: Draft, target: Address) -> Span:
    """Where a resource mentions another; its key if the mention has no place of its own."""
    for reference in desired.references:
        if reference.target == target:
            return reference.span
    for reference in _written(draft.body):
        if reference.target == target:
            return reference.span
    _, needs, _ = read_lifecycle(draft)
    return next((span for text, span in needs if text == str(target)), desired.span)


def _written(value: Any) -> Iterator[Reference]:
    """Expressions as they stand in a body; one that named a field is its value by now and no reference of the resource."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, Template):
        yield from (part for part in value.parts if isinstance(part, Reference))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _written(item)
