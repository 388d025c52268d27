"""Counts what passes do, and shows it to Prometheus together with how the projects are."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from orchestrator import __version__
from orchestrator.core.ports import Clock
from orchestrator.reconcile.ports import FleetStatus, PassSummary

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

    def exposition(self, fleet_status: FleetStatus) -> str:
        """Everything in Prometheus' text format, version 0.0.4."""
        registry = CollectorRegistry(auto_describe=False)
        with self._lock:
            registry.register(_Families((*self._counted(fleet_status), *self._seen(fleet_status))))
        return generate_latest(registry).decode()

    def _counted(self, fleet_status: FleetStatus) -> Iterator[Metric]:
        names = fleet_status.projects()
        yield _pairs("amlctl_passes_total", "Finished passes by outcome.", self._passes)
        failures = {name: self._passes[name, "failed"] for name in names}
        yield _by_project(CounterMetricFamily, "amlctl_pass_failures_total", "Passes that failed.", failures)
        yield self._durations()
        yield _by_project(
            CounterMetricFamily,
            "amlctl_drift_total",
            "Resources seen to differ without a change of the spec, summed over passes.",
            {name: self._drift[name] for name in names},
        )
        healed = {name: self._healed[name] for name in names}
        yield _by_project(CounterMetricFamily, "amlctl_healed_total", "Drifted resources that were reverted.", healed)
        yield _pairs("amlctl_resources_total", "Resources by the outcome of applies.", self._resources)

    def _durations(self) -> Metric:
        family = HistogramMetricFamily("amlctl_pass_duration_seconds", "How long passes took.", labels=["project"])
        for project, counts in sorted(self._buckets.items()):
            running = accumulate(counts[bound] for bound in _BOUNDS)
            family.add_metric([project], list(zip(map(_bound, _BOUNDS), running, strict=True)), self._seconds[project])
        return family

    def _seen(self, fleet_status: FleetStatus) -> Iterator[Metric]:
        statuses = {name: fleet_status.status(name) or {} for name in fleet_status.projects()}

        def gauge(name: str, help_: str, value: Callable[[Mapping[str, Any]], float]) -> Metric:
            return _by_project(GaugeMetricFamily, name, help_, {key: value(each) for key, each in statuses.items()})

        yield _by_project(
            GaugeMetricFamily,
            "amlctl_last_success_age_seconds",
            "Seconds since the last pass without trouble; since the start of the loop if there was none.",
            {name: self._age(name, status) for name, status in statuses.items()},
        )
        yield gauge("amlctl_ready", "1 if the workspace matches the spec.", lambda s: _condition(s, "Ready"))
        yield gauge("amlctl_stalled", "1 if manual action is required.", lambda s: _condition(s, "Stalled"))
        yield gauge("amlctl_suspended", "1 if the project is suspended.", lambda s: float(bool(s.get("suspended"))))
        yield gauge("amlctl_pending_changes", "Pending changes.", lambda s: len(s.get("pending", ())))
        yield gauge("amlctl_drifted_resources", "Unresolved drift.", lambda s: len(s.get("drift", ())))
        build = GaugeMetricFamily("amlctl_build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build

    def _age(self, project: str, status: Mapping[str, Any]) -> float:
        known = self._succeeded.get(project) or _moment(str(status.get("last_success") or "")) or self._started
        return max(0.0, round(self._clock.now() - known, 3))


class _Families(Collector):
    """What is collected once."""

    def __init__(self, families: tuple[Metric, ...]) -> None:
        self._families = families

    def collect(self) -> tuple[Metric, ...]:
        return self._families


def _pairs(name: str, help_: str, counts: Counter[tuple[str, str]]) -> Metric:
    family = CounterMetricFamily(name, help_, labels=["project", "outcome"])
    for labels, count in sorted(counts.items()):
        family.add_metric(labels, count)
    return family


def _by_project(
    kind: type[CounterMetricFamily | GaugeMetricFamily], name: str, help_: str, values: Mapping[str, float]
) -> Metric:
    family = kind(name, help_, labels=["project"])
    for project, value in values.items():
        family.add_metric([project], value)
    return family


def _bound(seconds: float) -> str:
    """As a label: ``5``, ``0.5``, ``+Inf``."""
    return "+Inf" if seconds == float("inf") else f"{seconds:g}"


def _condition(status: Mapping[str, Any], kind: str) -> float:
    return float(any(each["type"] == kind and each["status"] for each in status.get("conditions", ())))


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
