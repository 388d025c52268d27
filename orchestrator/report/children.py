"""The runs that a run has started: trials ranked the way their search looks, steps of a pipeline in order."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.figures import Figures
from orchestrator.core.resource import Observed
from orchestrator.core.score import AUTOML

MOST_PARAMETERS: Final = 12
"""Columns of a table of children; more are not read."""

_LESS_IS_BETTER: Final = ("loss", "error", "rmse", "mae", "mse")
_NEED: Final = re.compile(r"parent\.jobs\.([\w-]+)\.outputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A child in its place.

    Attributes:
        value: of the metric that children are compared by; None if it has none.
        best: it is the best of several.
    """

    child: Figures
    value: float | None
    best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """A step of a pipeline.

    Attributes:
        needs: the steps whose outputs it reads.
        child: its run; None if it has not begun.
    """

    name: str
    type: str
    needs: tuple[str, ...]
    child: Figures | None

    @property
    def status(self) -> str:
        """In a word: ``waiting``, ``queued``, ``running``, ``completed``, ``reused``, ``failed``, ``cancelled``."""
        if self.child is None:
            return "waiting"
        return "reused" if self.child.reused_from else word_of(self.child.status)


def word_of(status: str) -> str:
    """What people call MLflow's word for how a run is."""
    words = {"FINISHED": "completed", "SCHEDULED": "queued", "KILLED": "cancelled", "": "unknown"}
    return words.get(status, status.lower())


def primary_metric(run: Observed, children: Sequence[Figures]) -> str:
    """What children are compared by: what the search says, else the metric that most of them have."""
    found = run.attributes.get(AUTOML)
    named = found.get("primary_metric") if isinstance(found, dict) else None
    named = named or run.properties.get("primary_metric")
    objective = run.properties.get("objective")
    named = named or (objective.get("primary_metric") if isinstance(objective, Mapping) else None)
    if isinstance(named, str):
        return named
    counts: dict[str, int] = {}
    for child in children:
        for name in child.metrics:
            counts[name] = counts.get(name, 0) + 1
    return min(counts, key=lambda name: (-counts[name], name), default="")


def less_is_better(run: Observed, metric: str) -> bool:
    """Which way a search looks: what its body says, else what such a metric is."""
    objective = run.properties.get("objective")
    goal = objective.get("goal") if isinstance(objective, Mapping) else None
    return goal == "minimize" if goal else any(word in metric.casefold() for word in _LESS_IS_BETTER)


def ranked(children: Sequence[Figures], metric: str, run: Observed) -> list[Ranked]:
    """The children, best first; those without a figure last."""
    less = less_is_better(run, metric)

    def rank(child: Figures) -> tuple[bool, float]:
        value = child.last(metric)
        if value is None or not math.isfinite(value):
            return True, 0.0
        return False, value if less else -value

    return [
        Ranked(child=child, value=child.last(metric), best=place == 0 and not rank(child)[0] and len(children) > 1)
        for place, child in enumerate(sorted(children, key=rank))
    ]


def parameter_names(children: Sequence[Figures]) -> list[str]:
    """Those that most children have, at most `MOST_PARAMETERS`: the others are told with each one."""
    counts: dict[str, int] = {}
    for child in children:
        for name in child.parameters:
            counts[name] = counts.get(name, 0) + 1
    common = [name for name in sorted(counts) if counts[name] * 2 >= len(children)]
    return common[:MOST_PARAMETERS]


def has_steps(body: Mapping[str, Any]) -> bool:
    """Whether a body is that of a pipeline with its steps."""
    return isinstance(body.get("jobs"), Mapping)


def steps_of(body: Mapping[str, Any], children: Sequence[Figures]) -> list[StepFacts]:
    """The steps of a pipeline, each after those it needs; empty if this is none.

    Args:
        body: of the run, or of the job in the spec.
        children: its runs so far.
    """
    nodes = body.get("jobs")
    known = {child.step: child for child in children if child.step}
    declared: dict[str, Any] = dict(nodes) if isinstance(nodes, Mapping) else {}
    names = dict.fromkeys([*declared, *known])
    if not declared and not known:
        return []
    needs = {name: tuple(_needed(declared.get(name), names)) for name in names}
    found = []
    for name in _in_order(needs):
        node = declared.get(name)
        kind = str(node.get("type") or "") if isinstance(node, Mapping) else ""
        found.append(StepFacts(name=name, type=kind, needs=needs[name], child=known.get(name)))
    return found


def _needed(node: Any, names: Mapping[str, None]) -> list[str]:
    return [name for name in dict.fromkeys(_mentioned(node)) if name in names]


def _mentioned(value: Any) -> list[str]:
    if isinstance(value, str):
        return _NEED.findall(value)
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [name for each in inner for name in _mentioned(each)]


def _in_order(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Each name after those it needs; where that is a circle, as written."""
    done: dict[str, None] = {}
    while len(done) < len(needs):
        ready = [name for name in needs if name not in done and all(need in done for need in needs[name])]
        done |= dict.fromkeys(ready or [name for name in needs if name not in done])
    return list(done)
