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


INNER: Final = ("jobs", "component", "trial", "command")
"""Fields of a step whose expressions speak of what is inside of it."""

STEP_LABELS: Final = frozenset(
    {
        "display_name", "description", "tags", "experiment_name", "properties", "compute", "resources", "limits",
        "queue_settings", "services", "identity", "mode", "comment",
    }
)  # fmt: skip
"""Fields of a step that say how it is shown, where it runs and for how long, but not what it does."""


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


_DECIDED: Final = re.compile(r"\$\{\{\s*parent\.jobs\.(?P<step>\w[\w-]*)\s*\}\}")
_REPEATED: Final = "body"
_BLOCKS: Final = ("true_block", "false_block")


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


def flows(step: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """What a step reads: inputs of the pipeline, and other steps."""
    found = list(expressions({name: value for name, value in step.items() if name not in INNER}))
    inputs = {one.name for one in found if isinstance(one, FromInput)}
    return inputs, {one.step for one in found if isinstance(one, FromStep)}


def decides(step: Mapping[str, Any]) -> set[str]:
    """The steps whose running a condition or loop decides on; empty for all other steps."""
    texts = [item for name in (_REPEATED, *_BLOCKS) for item in listed(step.get(name))]
    return {match["step"] for text in texts if (match := _DECIDED.fullmatch(str(text).strip()))}


def repeats(step: Mapping[str, Any]) -> bool:
    """Whether a step is a loop, which stands for the step that it repeats."""
    return step.get(_REPEATED) is not None and bool(decides(step))


def listed(said: Any) -> list[Any]:
    """What may be written as one or as several."""
    return [] if said is None else list(said) if isinstance(said, list | tuple) else [said]
