"""What a step says of the pipeline around it: ``${{parent.inputs.X}}``, ``${{parent.jobs.STEP.outputs.Y}}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from orchestrator.core.job_type import Body
from orchestrator.core.tree import Path

_BINDING: Final = re.compile(
    r"\$\{\{\s*parent\.(?P<side>inputs|outputs|jobs)\.(?P<name>[\w-]+)(\.outputs\.(?P<member>[\w-]+))?[^}]*\}\}"
)
_NOT_BOUND: Final = ("type", "component", "trial", "command")
"""Fields of a step in which nothing of the pipeline can be meant. Source: azure-ai-ml, ``BaseNodeSchema``."""


class Binding(NamedTuple):
    """One mention.

    Attributes:
        text: as it stands there.
        side: ``inputs``, ``outputs`` or ``jobs``.
        name: of the input, output or step.
        member: the step's output; empty if the step itself is meant.
    """

    text: str
    side: str
    name: str
    member: str


def bindings(step: Body) -> Iterator[tuple[Path, Binding]]:
    """Everything that a step mentions, each with its place inside the step."""
    for field, value in step.items():
        if field not in _NOT_BOUND:
            yield from _inside(value, (field,))


def _inside(value: Any, path: Path) -> Iterator[tuple[Path, Binding]]:
    if isinstance(value, str):
        for found in _BINDING.finditer(value):
            yield path, Binding(found[0], found["side"], found["name"], found["member"] or "")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _inside(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _inside(item, (*path, number))
