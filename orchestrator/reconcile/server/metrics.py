"""Counts what passes do, and shows it to Prometheus together with how the projects are."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from orchestrator import __version__
from orchestrator.core.ports import Clock
from orchestrator.reconcile.ports import PassSummary, StatusBoard
from orchestrator.reconcile.server.exposition import Family, Sample, exposition, histogram

_BOUNDS: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, float("inf"))
"""Seconds: from a pass that finds nothing to do to one that trains and deploys."""


class Metrics:
    """Implements `ports.Meter`. Counters begin at zero with each process, as Prometheus expects.

    Args:
        clock: for the age of the last success.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.now()
        self._lock = threading.Lock()
        self._passes: Counter[tuple[str, str]] = Counter()
        self._resources: Counter[tuple[str, str]] = Counter()
        self._drift: Counter[str] = Counter()
        self._healed: Counter[str] = Counter()
        self._seconds: dict[str, float] = {}
        self._buckets: dict[str, Counter[float]] = {}
        self._succeeded: dict[str, float] = {}

    def passed(self, summary: PassSummary) -> None:
        """See `ports.Meter`."""
        project = summary.project
        with self._lock:
            self._passes[project, summary.outcome] += 1
            self._drift[project] += summary.drift
            self._healed[project] += summary.healed
            self._seconds[project] = self._seconds.get(project, 0.0) + summary.duration_s
            bucket = next(bound for bound in _BOUNDS if summary.duration_s <= bound)
            self._buckets.setdefault(project, Counter())[bucket] += 1
            for outcome, count in summary.resources.items():
                self._resources[project, outcome] += count
            if summary.successful:
                self._succeeded[project] = summary.finished_at

    def exposition(self, board: StatusBoard) -> str:
        """Everything as Prometheus' text."""
        with self._lock:
            return exposition((*self._counted(board), *self._seen(board)))

    def _counted(self, board: StatusBoard) -> Iterator[Family]:
        names = board.projects()
        yield Family("amlctl_passes_total", "counter", "Finished passes by outcome.", _pairs(self._passes, "outcome"))
        failures = {name: self._passes[name, "failed"] for name in names}
        yield Family("amlctl_pass_failures_total", "counter", "Passes that failed.", _by_project(failures))
        yield Family(
            "amlctl_pass_duration_seconds",
            "histogram",
            "How long passes took.",
            tuple(sample for name in sorted(self._buckets) for sample in self._durations(name)),
        )
        yield Family(
            "amlctl_drift_total",
            "counter",
            "Resources seen to differ without a change of the spec, summed over passes.",
            _by_project({name: self._drift[name] for name in names}),
        )
        yield Family(
            "amlctl_healed_total",
            "counter",
            "Drifted resources that were set right.",
            _by_project({name: self._healed[name] for name in names}),
        )
        yield Family(
            "amlctl_resources_total",
            "counter",
            "Resources by the outcome of applies.",
            _pairs(self._resources, "outcome"),
        )

    def _durations(self, project: str) -> tuple[Sample, ...]:
        counts = {bound: self._buckets[project][bound] for bound in _BOUNDS}
        return histogram((("project", project),), counts, self._seconds[project])

    def _seen(self, board: StatusBoard) -> Iterator[Family]:
        statuses = {name: board.status(name) or {} for name in board.projects()}

        def gauge(name: str, help_: str, value: Callable[[Mapping[str, Any]], float]) -> Family:
            return Family(name, "gauge", help_, _by_project({key: value(status) for key, status in statuses.items()}))

        yield Family(
            "amlctl_last_success_age_seconds",
            "gauge",
            "Seconds since the last pass without trouble; since the start of the loop if there was none.",
            _by_project({name: self._age(name, status) for name, status in statuses.items()}),
        )
        yield gauge("amlctl_ready", "1 if the workspace is as the spec says.", lambda s: _condition(s, "Ready"))
        yield gauge("amlctl_stalled", "1 if nothing goes on without a person.", lambda s: _condition(s, "Stalled"))
        yield gauge("amlctl_suspended", "1 if a person asked for a rest.", lambda s: float(bool(s.get("suspended"))))
        yield gauge("amlctl_pending_changes", "Changes that wait.", lambda s: len(s.get("pending", ())))
        yield gauge("amlctl_drifted_resources", "Drift that is not set right.", lambda s: len(s.get("drift", ())))
        build = Sample((("version", __version__),), 1)
        yield Family("amlctl_build_info", "gauge", "The version that runs.", (build,))

    def _age(self, project: str, status: Mapping[str, Any]) -> float:
        known = self._succeeded.get(project) or _moment(str(status.get("last_success") or "")) or self._started
        return max(0.0, round(self._clock.now() - known, 3))


def _pairs(counts: Counter[tuple[str, str]], label: str) -> tuple[Sample, ...]:
    return tuple(Sample((("project", name), (label, value)), counts[name, value]) for name, value in sorted(counts))


def _by_project(values: Mapping[str, float]) -> tuple[Sample, ...]:
    return tuple(Sample((("project", name),), value) for name, value in values.items())


def _condition(status: Mapping[str, Any], kind: str) -> float:
    return float(any(each["type"] == kind and each["status"] for each in status.get("conditions", ())))


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
