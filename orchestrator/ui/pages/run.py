"""One run: how it is, why it ran, what it logged, its children, its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from orchestrator.core.address import Address
from orchestrator.core.figures import Figures, Point
from orchestrator.core.health import Health
from orchestrator.core.resource import Observed
from orchestrator.core.score import score_of
from orchestrator.core.tracked import Tracked
from orchestrator.report.bodies import lines_of
from orchestrator.report.children import StepFacts, has_steps, parameter_names, primary_metric, ranked, steps_of
from orchestrator.report.ran import why_ran
from orchestrator.report.run import show_duration
from orchestrator.ui import addresses
from orchestrator.ui.charts import line_chart
from orchestrator.ui.curves import FILE as CURVES
from orchestrator.ui.curves import curves_of
from orchestrator.ui.drawn import drawn
from orchestrator.ui.facts import Snapshot, is_here
from orchestrator.ui.graph import Node, graph_svg
from orchestrator.ui.pages.model import reports_of
from orchestrator.ui.pages.monitors import FILE as MONITOR
from orchestrator.ui.pages.monitors import report_of
from orchestrator.ui.pages.project import MOST_DRAWN
from orchestrator.ui.pages.runs import row_of
from orchestrator.ui.pages.values import moment
from orchestrator.ui.parallel import Trial, parallel_coordinates

_CHARTS: Final = 24
_STEP: Final = "step"
_HEALTH: Final = {
    "completed": "healthy",
    "reused": "healthy",
    "running": "progressing",
    "queued": "progressing",
    "failed": "degraded",
}
"""Of a step, for the style sheet; the others wait, or were cancelled."""

_LINES: Final = 1000
_FILES: Final = "files "
"""How a body tells of uploaded files, such as code; their digest follows."""


def run_page(snapshot: Snapshot, tracked: Tracked, run: Observed) -> dict[str, Any]:
    """What the page of a run shows."""
    status, files = snapshot.status_of.get(run.address), tracked.files(run)
    return {
        "row": row_of(snapshot, run),
        "address": str(run.address),
        "job_href": addresses.resource(run.address)
        if run.address in snapshot.status_of
        else addresses.at("/schedules"),
        "running": run.health is Health.PROGRESSING,
        "urls": sorted(status.urls.items()) if status is not None and status.revision == run.revision else [],
        "why": why(snapshot, run),
        "body": lines_of(run.properties),
        "inputs": _uses(snapshot, run),
        "code": [(name, value) for name, value in lines_of(run.properties) if value.startswith(_FILES)],
        "elsewhere": not files and run.health is not Health.PROGRESSING and not is_here(snapshot),
        "files": [(file.name, file.size, addresses.of_run("file", run, path=file.name)) for file in files],
        "reports": reports_of(tracked, run),
        "curves": curves_of(tracked.file(run, CURVES)),
        "monitor": report_of(tracked.file(run, MONITOR)),
        "figures_href": addresses.of_run("figures", run),
        "log_href": addresses.of_run("log", run),
        **figures_part(snapshot, tracked, run),
    }


def why(snapshot: Snapshot, run: Observed) -> dict[str, Any]:
    """What differs from the run before it: that is why it ran."""
    found = why_ran(run, snapshot.runs(), snapshot.history)
    return {
        "before": found.before.revision if found.before is not None else "",
        "before_href": addresses.run(found.before) if found.before is not None else "",
        "rows": found.differing,
        "serial": found.serial,
        "at": found.at[:19].replace("T", " "),
        "retry": found.retry,
        "schedule": found.schedule,
        "fired_for": moment(found.fired_for),
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
    trials = leaderboard(children, metric, run)
    names = parameter_names(children)
    logged = run.attributes.get("metrics")
    last = {
        **(logged if isinstance(logged, dict) else {}),
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
        "children": trials,
        "best": next((trial for trial in trials if trial["best"]), None),
        "all_shown": all(name in names for child in children for name in child.parameters),
        "metric": metric,
        "parameter_names": names,
        "trials_chart": trials_chart(children, metric, run),
        "trial_lines": parallel_chart(children, metric, run),
        **steps_part(snapshot, run, children),
    }


def leaderboard(children: Sequence[Figures], metric: str, run: Observed) -> list[dict[str, Any]]:
    """The children, best first; those without a figure last."""
    names = parameter_names(children)
    return [
        {
            "name": each.child.name,
            "status": each.child.status,
            "value": each.value,
            "duration_s": each.child.duration_s,
            "parameters": [each.child.parameters.get(name, "") for name in names],
            "every": sorted(each.child.parameters.items()),
            "best": each.best,
        }
        for each in ranked(children, metric, run)
    ]


def trials_chart(children: Sequence[Figures], metric: str, run: Observed) -> Markup | None:
    """The metric of each child, in the order in which they were begun."""
    points = [
        Point(place, value) for place, child in enumerate(children, 1) if (value := child.last(metric)) is not None
    ]
    rows = ranked(children, metric, run)
    best = next((place for place, child in enumerate(children, 1) if rows[0].best and child is rows[0].child), None)
    return drawn(line_chart(f"{metric} of each trial", points, dots=True, best=best)) if len(points) > 1 else None


def parallel_chart(children: Sequence[Figures], metric: str, run: Observed) -> Markup | None:
    """The parameters of the children that have a figure, and the figure."""
    trials = [
        Trial(each.child.name, each.child.parameters, each.value, best=each.best)
        for each in ranked(children, metric, run)
    ]
    found = parallel_coordinates(parameter_names(children), metric, trials)
    return drawn(found) if found else None


def steps_part(snapshot: Snapshot, run: Observed, children: Sequence[Figures]) -> dict[str, Any]:
    """The steps of a pipeline as a graph and as a list; nothing if this is none."""
    desired = snapshot.project.resources.get(run.address)
    body = run.properties if has_steps(run.properties) or desired is None else desired.properties
    steps = steps_of(body, children)
    places = {step.name: Address(_STEP, step.name) for step in steps}
    needs = {places[step.name]: [places[need] for need in step.needs] for step in steps}
    nodes = {
        places[step.name]: Node(f"#step-{number}", _said(step), _HEALTH.get(step.status, "suspended"), step.status)
        for number, step in enumerate(steps)
    }
    return {
        "steps": [
            {"name": step.name, "status": step.status, "type": step.type, "needs": step.needs, "child": step.child}
            for step in steps
        ],
        "steps_graph": drawn(graph_svg(needs, nodes, "Steps")) if 1 < len(steps) <= MOST_DRAWN else None,
    }


def _said(step: StepFacts) -> str:
    duration = step.child.duration_s if step.child is not None and step.status == "completed" else None
    return " · ".join(filter(None, (step.status, show_duration(duration) if duration is not None else "", step.type)))


def log_part(lines: Sequence[str]) -> dict[str, Any]:
    """The end of a log."""
    return {"lines": lines[-_LINES:], "left_out": max(0, len(lines) - _LINES)}
