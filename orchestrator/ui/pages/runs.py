"""Runs: the list of them, and some beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.figures import Figures
from orchestrator.core.resource import Observed
from orchestrator.core.score import score_of
from orchestrator.core.tracked import Tracked
from orchestrator.report.bodies import lines_of, side_by_side
from orchestrator.ui import addresses
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.paging import paged

MOST_COMPARED: Final = 8


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list."""

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
    )


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
    return {
        "runs": [row_of(snapshot, run) for run in runs],
        "groups": [
            ("Metrics", side_by_side(metrics)),
            ("Parameters", side_by_side([each.parameters for each in figures])),
            ("Body", side_by_side([dict(lines_of(run.properties)) for run in runs])),
        ],
    }


def _last(run: Observed, figures: Figures) -> dict[str, float]:
    told = run.attributes.get("metrics")
    found = {str(name): float(value) for name, value in told.items()} if isinstance(told, Mapping) else {}
    return found | {name: points[-1].value for name, points in figures.metrics.items() if points}
