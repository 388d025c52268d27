"""Which kind of step a step is: told by its type and by what it says. Works on raw bodies and never raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

WITH_COMPONENT: Final = ".component"
"""Ends the shape of steps that run a component, where the type has steps without one too."""

_BOTH: Final = ("command", "parallel", "spark", "import", "data_transfer")
_BY_TASK: Final = ("automl", "data_transfer")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def type_of(step: Mapping[str, Any]) -> str:
    """The type of a step: what it says, or what its fields tell if it says nothing."""
    said = step.get("type")
    if isinstance(said, str):
        return _word(said)
    component = step.get("component")
    if isinstance(component, Mapping):
        inner = component.get("type")
        return _word(inner) if isinstance(inner, str) else "pipeline" if "jobs" in component else "command"
    if component is not None:
        return "command"
    return next((kind for field, kind in _TELLS.items() if field in step), "command")


_TELLS: Final = {"trial": "sweep", "command": "command", "entry": "spark", "task": "parallel", "source": "import"}
"""Source: azure-ai-ml takes the first schema that fits where a step has no type."""


def shape_of(step: Any) -> str:
    """The shape of a step: ``command``, ``command.component``, ``automl.regression``. Of what is no mapping, any."""
    if not isinstance(step, Mapping):
        return "command"
    kind = type_of(step)
    task = step.get("task")
    shape = f"{kind}.{_word(task) if isinstance(task, str) else ''}" if kind in _BY_TASK else kind
    return f"{shape}{WITH_COMPONENT}" if kind in _BOTH and "component" in step else shape


def _word(text: str) -> str:
    """``CopyData`` and ``copy_data`` are one word. Source: azure-ai-ml, ``StringTransformedEnum``."""
    return _HUMP.sub("_", text).lower()
