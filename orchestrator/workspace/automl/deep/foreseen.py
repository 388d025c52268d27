"""What can be said of a job on texts or images by its body alone. Imports nothing that is large: plans ask it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.workspace.automl.refusal import JobRefused

from .pretrained import may_be_here
from .settings import read_deep_settings, trials
from .without_effect import ignored

DEFAULTS: Final = {"text": "bert-base-cased", "image": "resnet18"}
"""Networks whose weights are looked for where a body names none."""


def foreseen_deep(body: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Path, line, and whether the job is refused for it."""
    task = str(body.get("task"))
    yield from ((path, line, False) for path, line in ignored(body))
    given = (body.get("training_parameters") or {}).get("model_name")
    name = str(given or DEFAULTS[task.partition("_")[0]])
    if not body.get("search_space") and not may_be_here(task, name):
        where = ("training_parameters", "model_name") if given else ("task",)
        yield where, f"The weights of {name} are not on this machine: the network is trained from scratch.", False
    try:
        next(iter(trials(read_deep_settings(body), seed=0)), None)
    except JobRefused as refusal:
        yield ("search_space",) if body.get("search_space") else ("task",), str(refusal), True
