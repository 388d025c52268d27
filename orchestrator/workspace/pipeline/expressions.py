"""The expressions by which the steps of a pipeline are connected.

Source: Azure ML CLI v2 YAML reference: pipeline job, expression syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

_PARENT: Final = re.compile(
    r"\$\{\{\s*parent\.(?:(?P<side>inputs|outputs)\.(?P<name>\w[\w.-]*?)|jobs\.(?P<step>\w[\w-]*)\.outputs\.(?P<output>\w+))(?:\.path)?\s*\}\}"
)


@dataclass(frozen=True, slots=True)
class FromInput:
    """An input of the pipeline."""

    name: str


@dataclass(frozen=True, slots=True)
class FromStep:
    """What a step makes."""

    step: str
    output: str


@dataclass(frozen=True, slots=True)
class ToOutput:
    """An output of the pipeline."""

    name: str


Expression: TypeAlias = FromInput | FromStep | ToOutput


def expression(value: Any) -> Expression | None:
    """What a text stands for that is one expression and nothing else; None for everything else."""
    match = _PARENT.fullmatch(value.strip()) if isinstance(value, str) else None
    return None if match is None else _meaning(match)


def expressions(value: Any) -> Iterator[Expression]:
    """All expressions in a plain tree, also those among other text."""
    if isinstance(value, str):
        yield from (_meaning(match) for match in _PARENT.finditer(value))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from expressions(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from expressions(item)


def filled(text: str, values: Mapping[Expression, str]) -> str:
    """A text with its expressions replaced by texts; those without a value stay."""
    return _PARENT.sub(lambda match: values.get(_meaning(match), match[0]), text)


def _meaning(match: re.Match[str]) -> Expression:
    if match["step"]:
        return FromStep(match["step"], match["output"])
    return FromInput(match["name"]) if match["side"] == "inputs" else ToOutput(match["name"])
