"""Which libraries AutoML's tasks on texts and images need, and whether they are installed. Imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from orchestrator.core.extras import install_extra

EXTRA: Final = "deep"
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "text_": ("torch", "transformers"),
    "image_": ("torch", "torchvision"),
}


def is_deep(task: str) -> bool:
    """Whether a task of AutoML is one on texts or images."""
    return task.startswith(tuple(_NEEDED))


def missing(task: str) -> tuple[str, ...]:
    """The modules that a task needs and that are not installed."""
    needed = next((modules for start, modules in _NEEDED.items() if task.startswith(start)), ())
    return tuple(module for module in needed if find_spec(module) is None)


def refusal(task: str) -> tuple[str, str] | None:
    """Why a task cannot run on this machine, and how to change that; None if it can."""
    absent = missing(task)
    if not absent:
        return None
    are = "is" if len(absent) == 1 else "are"
    why = f"AutoML's {task} trains deep networks with {' and '.join(absent)}, which {are} not installed"
    return why, f"{install_extra('local', EXTRA)} Or use an Azure target."
