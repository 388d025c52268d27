"""What monitors have found: drift and quality of data, by feature, as the newest firing says and over the firings."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.figures import Point
from orchestrator.core.firings import FIRED_BY
from orchestrator.core.resource import Observed
from orchestrator.core.tracked import Tracked
from orchestrator.ui import addresses
from orchestrator.ui.charts import line_chart
from orchestrator.ui.drawn import drawn
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.runs import row_of

FILE: Final = "outputs/monitor.json"
_MONITOR: Final = "create_monitor"
"""The field of a schedule that makes it a monitor."""

_LARGEST: Final = 1 << 20
_ROWS: Final = 60
_CHARTS: Final = 6
_FIRINGS: Final = 60


def monitors_part(snapshot: Snapshot, tracked: Tracked, address: Address) -> list[dict[str, Any]]:
    """The monitors that compare something with a resource, or with a part of it; one of a monitor itself is it."""
    own = {address, *(each for each in snapshot.status_of if each.parent == address)}
    places = [
        each
        for each, desired in snapshot.project.resources.items()
        if _MONITOR in desired.properties and (each == address or own & snapshot.needs.get(each, frozenset()))
    ]
    return [_monitor(snapshot, tracked, each) for each in sorted(places)]


def _monitor(snapshot: Snapshot, tracked: Tracked, place: Address) -> dict[str, Any]:
    runs = [run for run in snapshot.fired if run.attributes.get(FIRED_BY) == place.name]
    runs.sort(key=lambda run: run.order)
    last = runs[-1] if runs else None
    found = report_of(tracked.file(last, FILE)) if last is not None else None
    return {
        "name": place.name,
        "href": addresses.resource(place),
        "run": row_of(snapshot, last) if last is not None else None,
        "report": found,
        "charts": _over_time(runs[-_FIRINGS:], found["rows"] if found else ()),
    }


def report_of(path: Path | None) -> dict[str, Any] | None:
    """What a firing has written down, breaches first; None if there is nothing that can be read."""
    try:
        if path is None or path.stat().st_size > _LARGEST:
            return None
        report = json.loads(path.read_text(encoding="utf-8"))
        rows = [_row(each) for each in report["metrics"]]
        alerts = [str(each) for each in report.get("alerts") or ()]
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    rows.sort(key=lambda row: not row["breached"])
    return {
        "rows": rows[:_ROWS],
        "left_out": max(0, len(rows) - _ROWS),
        "alerts": alerts[:_ROWS],
        "breached": sum(row["breached"] for row in rows),
        "count": len(rows),
    }


def _row(report: Mapping[str, Any]) -> dict[str, Any]:
    value = report.get("value")
    number = float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    return {
        "signal": str(report.get("signal") or ""),
        "feature": str(report.get("feature") or ""),
        "metric": str(report.get("metric") or ""),
        "value": number,
        "threshold": float(report["threshold"]),
        "breached": bool(report.get("breached")),
    }


def _over_time(runs: Sequence[Observed], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The first metrics of the newest firing, breaches first, over all firings."""
    charts: list[Any] = []
    for row in rows:
        name = f"{row['signal']}/{row['feature']}/{row['metric']}"
        points = [
            Point(number, float(value), 0)
            for number, run in enumerate(runs, 1)
            if isinstance(value := _metrics(run).get(name), int | float)
        ]
        if len(points) > 1 and len(charts) < _CHARTS:
            charts.append(drawn(line_chart(f"{row['feature']}: {row['metric']}", points)))
    return charts


def _metrics(run: Observed) -> Mapping[str, Any]:
    found = run.attributes.get("metrics")
    return found if isinstance(found, Mapping) else {}
