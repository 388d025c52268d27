"""Settings of tasks on texts and images, from the wire to CLI v2.

Source: azure-ai-ml 1.35: fixed parameters and search spaces of AutoML jobs; a space is a text such as ``uniform(0.001,0.1)``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.errors import Invalid
from orchestrator.core.space_arguments import ON_THE_WIRE
from orchestrator.workspace.arm.wording import snake, snake_keys, without_nothing

_SPACE: Final = re.compile(r"(?P<name>[a-z]+)\((?P<arguments>.*)\)", re.DOTALL)
_WORDS: Final = ("optimizer", "learning_rate_scheduler", "model_size", "validation_metric_type")
"""Parameters whose values are names, spelt in another way on the wire."""


def deep_fields(task: Mapping[str, Any]) -> dict[str, Any]:
    """``training_parameters``, ``search_space`` and ``sweep`` of a task.

    Args:
        task: ``taskDetails``.

    Raises:
        Invalid: a search space cannot be read.
    """
    fixed = snake_keys({**(task.get("fixedParameters") or {}), **(task.get("modelSettings") or {})})
    groups = [without_nothing(snake_keys(group)) for group in task.get("searchSpace") or ()]
    fields = {
        "training_parameters": _plain(without_nothing(fixed)) or None,
        "search_space": [{name: space_of(value) for name, value in group.items()} for group in groups] or None,
        "sweep": _sweep(task.get("sweepSettings") or {}) or None,
    }
    return without_nothing(fields)


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: snake(str(value)) if name in _WORDS else value for name, value in parameters.items()}


def space_of(text: Any) -> Any:
    """A space of CLI v2, or a value.

    Raises:
        Invalid: its arguments are not right.
    """
    found = _SPACE.fullmatch(str(text).strip())
    if found is None:
        return _value(text)
    kind = found["name"]
    try:
        values = list(ast.literal_eval(f"[{found['arguments']}]"))
    except (ValueError, SyntaxError):
        values = []
    if kind == "choice" and values:
        return {"type": kind, "values": values}
    names = ON_THE_WIRE.get(kind, ())
    if not names or len(names) != len(values):
        raise Invalid(f"The search space {text!r} is not one of {', '.join(f'{name}(…)' for name in ON_THE_WIRE)}.")
    return {"type": kind, **dict(zip(names, values, strict=True))}


def _value(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _sweep(sent: Mapping[str, Any]) -> dict[str, Any]:
    policy = snake_keys(sent.get("earlyTermination") or {})
    kind = policy.pop("policy_type", None)
    fields = {
        "sampling_algorithm": str(sent["samplingAlgorithm"]).lower() if sent.get("samplingAlgorithm") else None,
        "early_termination": {"type": snake(str(kind)), **without_nothing(policy)} if kind else None,
    }
    return without_nothing(fields)
