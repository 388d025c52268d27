"""Runs: the list of them, and some beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.figures import Figures
from orchestrator.core.firings import FIRED_FOR
from orchestrator.core.resource import Observed
from orchestrator.core.score import score_of
from orchestrator.core.tracked import Tracked
from orchestrator.report.bodies import lines_of, side_by_side
from orchestrator.ui import addresses
from orchestrator.ui.charts import COLOURS, compare_chart
from orchestrator.ui.drawn import drawn
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.paging import paged
from orchestrator.ui.pages.values import moment, short

MOST_COMPARED: Final = 8
_CHARTS: Final = 24


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list.

    Attributes:
        started: when; empty if nobody says.
        best: the parameters of the best trial, as far as the run itself tells them.
    """

    name: str
    job: str
    href: str
    health: str
    score: str
    metrics: tuple[tuple[str, float], ...]
    duration_s: float | None
    message: str
    key: str
    in_force: bool
    started: str
    best: tuple[tuple[str, str], ...]


def row_of(snapshot: Snapshot, run: Observed) -> RunRow:
    """What a list says about a run."""
    duration, metrics = run.attributes.get("duration_s"), run.attributes.get("metrics")
    score, status = score_of(run.attributes), snapshot.status_of.get(run.address)
    found = metrics.items() if isinstance(metrics, Mapping) else ()
    return RunRow(
        name=run.revision,
        job=str(run.address),
        href=addresses.run(run),
        health=run.health.value,
        score=str(score) if score is not None else "",
        metrics=tuple((str(name), float(value)) for name, value in found if isinstance(value, int | float))[:3],
        duration_s=float(duration) if isinstance(duration, int | float) else None,
        message=snapshot.redact(run.message),
        key=f"{run.address}/{run.revision}",
        in_force=status is not None and status.revision == run.revision,
        started=moment(_started(snapshot, run))[:16],
        best=_best(run),
    )


def _started(snapshot: Snapshot, run: Observed) -> Any:
    return run.attributes.get(FIRED_FOR) or snapshot.begun.get((str(run.address), run.revision))


def _best(run: Observed) -> tuple[tuple[str, str], ...]:
    """What a finished search says of the parameters of its best trial."""
    searches = (each for each in run.attributes.values() if isinstance(each, Mapping) and "best_child" in each)
    found = next((each.get("parameters") for each in searches), None)
    return tuple((str(name), short(str(value))) for name, value in found.items()) if isinstance(found, Mapping) else ()


def runs_page(snapshot: Snapshot, query: Mapping[str, str]) -> dict[str, Any]:
    """What the list shows, newest first.

    Args:
        query: ``q`` (part of a run's or job's name), ``health``, ``page``.
    """
    text, health = query.get("q", "").strip(), query.get("health", "")
    every = sorted(snapshot.runs(), key=lambda run: run.order, reverse=True)
    chosen = [
        run
        for run in every
        if text.casefold() in f"{run.address} {run.revision}".casefold() and health in ("", run.health.value)
    ]
    page = paged(chosen, "/runs", {"q": text, "health": health, "page": query.get("page", "")})
    return {
        "page": page,
        "rows": [row_of(snapshot, run) for run in page.items],
        "healths": sorted({run.health.value for run in every}),
        "query": {"q": text, "health": health},
        "most_compared": MOST_COMPARED,
    }


def find_run(snapshot: Snapshot, address: Address, name: str) -> Observed | None:
    """A run of this project; those of others are nobody's business here."""
    return next((run for run in snapshot.runs() if run.address == address and run.revision == name), None)


def compare_page(snapshot: Snapshot, tracked: Tracked, keys: Sequence[str]) -> dict[str, Any]:
    """Some runs beside each other: what differs first.

    Args:
        keys: ``ADDRESS/RUN`` of each.
    """
    known = {f"{run.address}/{run.revision}": run for run in snapshot.runs()}
    runs = [known[key] for key in dict.fromkeys(keys) if key in known][:MOST_COMPARED]
    figures = [tracked.figures(run) or Figures(run_id=run.revision) for run in runs]
    metrics = [
        {name: f"{value:.6g}" for name, value in _last(run, each).items()}
        for run, each in zip(runs, figures, strict=True)
    ]
    names = sorted({name for each in figures for name, points in each.metrics.items() if len(points) > 1})
    lines = {
        name: [(run.revision, each.metrics.get(name, ())) for run, each in zip(runs, figures, strict=True)]
        for name in names
    }
    return {
        "runs": [(number % COLOURS, row_of(snapshot, run)) for number, run in enumerate(runs)],
        "charts": [drawn(compare_chart(name, each)) for name, each in lines.items()][:_CHARTS],
        "groups": [
            ("Metrics", side_by_side(metrics)),
            ("Parameters", side_by_side([each.parameters for each in figures])),
            ("Body", side_by_side([dict(lines_of(run.properties)) for run in runs])),
        ],
    }


def _last(run: Observed, figures: Figures) -> dict[str, float]:
    logged = run.attributes.get("metrics")
    found = {str(name): float(value) for name, value in logged.items()} if isinstance(logged, Mapping) else {}
    return found | {name: points[-1].value for name, points in figures.metrics.items() if points}
