"""Reads what a job's body says about inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.errors import Invalid


def input_values(inputs: Mapping[str, Any]) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
    """The inputs that have a value.

    Args:
        inputs: name to value or body, as `Execution.inputs` gives them.

    Returns:
        The inputs with a path (name to body, ``path`` is always there) and the literals (name to text).

    Raises:
        Invalid: an input that is not optional has no value.
    """
    paths: dict[str, Mapping[str, Any]] = {}
    literals: dict[str, str] = {}
    for name, value in inputs.items():
        if not isinstance(value, Mapping):
            literals[name] = literal_text(value)
        elif value.get("path"):
            paths[name] = value
        else:
            content = value.get("value") if value.get("value") is not None else value.get("default")
            if content is not None:
                literals[name] = literal_text(content)
            elif not value.get("optional"):
                raise Invalid(f"Input '{name}' has no value.", fix="Set a value, or make it optional.")
    return paths, literals


def literal_text(value: Any) -> str:
    """The text of a scalar, as the service writes it: ``true`` is ``True``, 1.0 is ``1``."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
