"""One run: how it is, why it ran, what it logged, its children, its files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup

from orchestrator.core.figures import Figures, Point
from orchestrator.core.health import Health
from orchestrator.core.resource import Observed
from orchestrator.core.score import AUTOML, score_of
from orchestrator.ui import addresses
from orchestrator.ui.charts import line_chart
from orchestrator.ui.drawn import drawn
from orchestrator.ui.facts import Snapshot, Tracked
from orchestrator.ui.pages.runs import row_of, table_of
from orchestrator.ui.pages.values import lines_of

_CHARTS: Final = 24
_LINES: Final = 1000
_PARAMETERS: Final = 12
"""Columns of a table of children; more are not read."""

_LESS_IS_BETTER: Final = ("loss", "error", "rmse", "mae", "mse")


def run_page(snapshot: Snapshot, tracked: Tracked, run: Observed) -> dict[str, Any]:
    """What the page of a run shows."""
    status = snapshot.status_of.get(run.address)
    return {
        "row": row_of(snapshot, run),
        "address": str(run.address),
        "job_href": addresses.resource(run.address),
        "running": run.health is Health.PROGRESSING,
        "urls": sorted(status.urls.items()) if status is not None and status.revision == run.revision else [],
        "why": why(snapshot, run),
        "body": lines_of(run.properties),
        "inputs": _uses(snapshot, run),
        "files": [(file.name, file.size, _file_href(run, file.name)) for file in tracked.files(run)],
        "figures_href": _at("figures", run),
        "log_href": _at("log", run),
        **figures_part(snapshot, tracked, run),
    }


def _at(page: str, run: Observed, **parameters: str) -> str:
    path = addresses.resource(run.address).replace("/resource/", f"/{page}/", 1)
    return f"{path}?{urlencode({'name': run.revision, **parameters})}"


def _file_href(run: Observed, name: str) -> str:
    return _at("file", run, path=name)


def why(snapshot: Snapshot, run: Observed) -> dict[str, Any]:
    """What differs from the run before it: that is why it ran."""
    runs = sorted((each for each in snapshot.runs() if each.address == run.address), key=lambda each: each.order)
    before = next((each for each in reversed(runs) if each.order < run.order), None)
    entries = [entry for entry in snapshot.history if str(entry["address"]) == str(run.address)]
    applied = next((entry for entry in reversed(entries) if entry.get("revision") == run.revision), None)
    differing = table_of([dict(lines_of(each.properties)) for each in (before, run)]) if before is not None else []
    return {
        "before": before.revision if before is not None else "",
        "before_href": addresses.run(before) if before is not None else "",
        "rows": [(name, *values) for name, values, differs in differing if differs],
        "serial": applied["serial"] if applied is not None else None,
        "at": str(applied.get("intended") or "")[:19].replace("T", " ") if applied is not None else "",
        "retry": before is not None and before.health is Health.DEGRADED,
    }


def _uses(snapshot: Snapshot, run: Observed) -> list[tuple[str, str, str]]:
    """What of this project the job depends on: code, data, environment, compute."""
    found = sorted(snapshot.needs.get(run.address, ()))
    return [(str(each), addresses.resource(each), _version(snapshot, each)) for each in found]


def _version(snapshot: Snapshot, address: Any) -> str:
    status = snapshot.status_of.get(address)
    return status.revision if status is not None else ""


def figures_part(snapshot: Snapshot, tracked: Tracked, run: Observed) -> dict[str, Any]:
    """What a run has logged so far; the part of its page that moves."""
    figures = tracked.figures(run) or Figures(run_id=run.revision)
    children = tracked.children(run)
    metric = primary_metric(run, children)
    told = run.attributes.get("metrics")
    last = {
        **(told if isinstance(told, dict) else {}),
        **{name: points[-1].value for name, points in figures.metrics.items() if points},
    }
    return {
        "score": score_of(run.attributes),
        "last": sorted((str(name), float(value)) for name, value in last.items() if isinstance(value, int | float)),
        "parameters": sorted(figures.parameters.items()),
        "charts": [
            drawn(line_chart(name, points)) for name, points in sorted(figures.metrics.items()) if len(points) > 1
        ][:_CHARTS],
        "started": figures.started / 1000,
        "children": leaderboard(children, metric, run),
        "metric": metric,
        "parameter_names": _parameter_names(children),
        "trials_chart": trials_chart(children, metric),
    }


def primary_metric(run: Observed, children: Sequence[Figures]) -> str:
    """What children are compared by: what the search says, else the metric that most of them have."""
    found = run.attributes.get(AUTOML)
    named = found.get("primary_metric") if isinstance(found, dict) else None
    named = named or run.properties.get("primary_metric")
    objective = run.properties.get("objective")
    named = named or (objective.get("primary_metric") if isinstance(objective, dict) else None)
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
    goal = objective.get("goal") if isinstance(objective, dict) else None
    return goal == "minimize" if goal else any(word in metric.casefold() for word in _LESS_IS_BETTER)


def leaderboard(children: Sequence[Figures], metric: str, run: Observed) -> list[dict[str, Any]]:
    """The children, best first; those without a figure last."""
    less = less_is_better(run, metric)

    def rank(child: Figures) -> tuple[bool, float]:
        value = child.last(metric)
        if value is None or not math.isfinite(value):
            return True, 0.0
        return False, value if less else -value

    names = _parameter_names(children)
    return [
        {
            "name": child.name,
            "status": child.status,
            "value": child.last(metric),
            "duration_s": (child.ended - child.started) / 1000 if child.ended and child.started else None,
            "parameters": [child.parameters.get(name, "") for name in names],
            "every": sorted(child.parameters.items()),
            "best": place == 0 and not rank(child)[0] and len(children) > 1,
        }
        for place, child in enumerate(sorted(children, key=rank))
    ]


def _parameter_names(children: Sequence[Figures]) -> list[str]:
    """Those that most children have: the others are below each one."""
    counts: dict[str, int] = {}
    for child in children:
        for name in child.parameters:
            counts[name] = counts.get(name, 0) + 1
    common = [name for name in sorted(counts) if counts[name] * 2 >= len(children)]
    return common[:_PARAMETERS]


def trials_chart(children: Sequence[Figures], metric: str) -> Markup | None:
    """The metric of each child, in the order in which they were begun."""
    points = [
        Point(place, value) for place, child in enumerate(children, 1) if (value := child.last(metric)) is not None
    ]
    return drawn(line_chart(f"{metric} of each child", points, dots=True)) if len(points) > 1 else None


def log_part(lines: Sequence[str]) -> dict[str, Any]:
    """The end of a log."""
    return {"lines": lines[-_LINES:], "left_out": max(0, len(lines) - _LINES)}
