"""Runs a sweep from its first trial to its best."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from orchestrator.core import private_files
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.controlling import ControlRefusal, Say, opened
from orchestrator.workspace.jobs.folder import JobFolder
from orchestrator.workspace.records.record import BEST_CHILD, MLFLOW_RUN, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.control import nudge
from orchestrator.workspace.sweep.outputs import take_over
from orchestrator.workspace.sweep.policies import reason_to_end
from orchestrator.workspace.sweep.sampling import sampler_of
from orchestrator.workspace.sweep.settings import read_settings
from orchestrator.workspace.sweep.spaces import text_of
from orchestrator.workspace.sweep.table import Row, as_csv, as_text
from orchestrator.workspace.sweep.trials import Trial, Trials
from orchestrator.workspace.tracking.client import TrackingClient

LOOK_S: Final = 0.05
"""Between two looks at the records, seconds."""

METRIC_LOOK_S: Final = 0.5
"""See `Controller.metric_look_s`."""

TABLE: Final = "trials.csv"


class Metrics(Protocol):
    """What the tracking server is asked for; see `TrackingClient`."""

    def history(self, run_id: str, metric: str) -> Sequence[float]: ...

    def log_metric(self, run_id: str, metric: str, value: float) -> None: ...


class Controller:
    """One sweep.

    Args:
        paths, store: the workspace.
        sweep: the sweep's record.
        tracking: to read metrics.
        say: takes one line for the log.
        pause: waits between two looks.

    Attributes:
        metric_look_s: between two looks at what running trials have logged, seconds.
    """

    def __init__(
        self,
        paths: WorkspacePaths,
        store: RecordStore,
        sweep: Record,
        tracking: Metrics,
        say: Say,
        pause: Callable[[], None] = lambda: time.sleep(LOOK_S),
    ) -> None:
        self.metric_look_s = METRIC_LOOK_S
        self._sweep = sweep
        self._pause = pause
        self._seen: int | None = None
        self._paths = paths
        self._store = store
        self._folder = JobFolder(paths.job(sweep.revision))
        self._settings = read_settings(sweep.body)
        self._tracking = tracking
        self._say = say
        self._trials = Trials(paths, store, sweep, self._settings)
        self._sampler = sampler_of(self._settings)
        self._known = self._trials.all()
        self._reported: set[int] = set()
        self._histories: dict[int, list[float]] = {}
        self._ended_early: set[int] = set()
        self._exhausted = False
        self._metrics_seen = -math.inf

    def run(self) -> None:
        """Start trials and follow them until all have ended; then take over what the best one left.

        Raises:
            ControlRefusal: there is no best trial.
            BackendError: the workspace does not answer.
        """
        settings = self._settings
        goal = "most" if settings.maximize else "least"
        self._say(
            f"Up to {settings.trials} trials, {settings.concurrent} at a time; the {goal} {settings.metric} is best."
        )
        if self._known:
            done = sum(trial.ended for trial in self._known.values())
            self._say(f"Resumed: {len(self._known)} trials exist, {done} of them have ended.")
        while self._step():
            self._pause()
        self._finish()

    def _step(self) -> bool:
        """One look. Returns whether there is anything left to wait for."""
        version = self._store.data_version()
        if version != self._seen:
            self._seen = version
            for trial in [trial for trial in self._known.values() if trial.number not in self._reported]:
                self._follow(self._trials.read(trial))
        if self._settings.policy and time.monotonic() - self._metrics_seen >= self.metric_look_s:
            self._end_bad_ones()
        started = [self._start_next() for _ in range(self._free())]
        if any(started):
            nudge(self._paths)
        return any(started) or any(not trial.ended for trial in self._known.values())

    def _free(self) -> int:
        running = sum(not trial.ended for trial in self._known.values())
        left = 0 if self._exhausted else self._settings.trials - len(self._known)
        return max(0, min(self._settings.concurrent - running, left))

    def _follow(self, trial: Trial) -> None:
        self._known[trial.number] = trial
        if not trial.ended:
            return
        self._reported.add(trial.number)
        self._read_history(trial)
        self._say(self._line(trial))
        self._write_table()

    def _line(self, trial: Trial) -> str:
        value = self._value(trial.number)
        score = f"{self._settings.metric} {value:g}" if value is not None else f"no {self._settings.metric}"
        values = trial.row(value, best=False).parameters
        why = "" if trial.completed else f" ({trial.record.message.splitlines()[0]})" if trial.record.message else ""
        parameters = ", ".join(f"{name}={text}" for name, text in values.items())
        return f"trial {trial.number}: {trial.record.phase}, {score} with {parameters}{why}"

    def _start_next(self) -> bool:
        number = len(self._known)
        finished = [self._known[other].as_finished(self._value(other)) for other in sorted(self._reported)]
        suggestion = None if self._exhausted else self._sampler(number, finished)
        if suggestion is None:
            self._exhausted = True
            return False
        inner = random.Random(f"{number}")  # noqa: S311 (a draw, not a secret)
        texts = {name: text_of(value, inner.random) for name, value in suggestion.values.items()}
        self._known[number] = self._trials.start(number, suggestion, texts)
        return True

    def _end_bad_ones(self) -> None:
        """Apply the policy to what running trials have logged so far."""
        self._metrics_seen = time.monotonic()
        running = [trial for trial in self._known.values() if not trial.ended]
        for trial in running:
            self._read_history(trial)
        logged = {number: values for number, values in self._histories.items() if values}
        for trial in running:
            if trial.number in self._ended_early:
                continue
            if why := reason_to_end(self._settings, trial.number, logged):
                self._ended_early.add(trial.number)
                self._say(f"trial {trial.number} is ended early: {why}")
                self._trials.cancel(trial, f"Ended early: {why}.")
                nudge(self._paths)

    def _read_history(self, trial: Trial) -> None:
        if trial.tracked:
            values = self._tracking.history(trial.tracked, self._settings.metric)
            self._histories[trial.number] = [value for value in values if not math.isnan(value)]

    def _value(self, number: int) -> float | None:
        """The best value that a trial has logged."""
        values = self._histories.get(number)
        return (max if self._settings.maximize else min)(values) if values else None

    def _best(self) -> Trial | None:
        """The best of the trials that ended well, the first of equals."""
        best: Trial | None = None
        for trial in self._known.values():
            value = self._value(trial.number)
            if not trial.completed or value is None:
                continue
            known = None if best is None else self._value(best.number)
            if known is None or self._settings.better(value, known):
                best = trial
        return best

    def _rows(self, best: Trial | None) -> Iterator[Row]:
        for trial in self._known.values():
            yield trial.row(self._value(trial.number), best=trial is best)

    def _write_table(self) -> None:
        text = as_csv(list(self._rows(self._best())), self._settings.metric)
        private_files.replace(self._folder.logs / TABLE, text)

    def _finish(self) -> None:
        best = self._best()
        self._write_table()
        for line in as_text(list(self._rows(best)), self._settings.metric):
            self._say(line)
        value = None if best is None else self._value(best.number)
        if best is None or value is None:
            raise ControlRefusal(self._nothing())
        take_over(best.record, self._folder)
        self._write_result(best, value)
        self._tracking.log_metric(str(self._sweep.attributes.get(MLFLOW_RUN)), self._settings.metric, value)
        self._say(f"Best: trial {best.number} ({best.record.revision}), {self._settings.metric} {value:g}.")

    def _write_result(self, best: Trial, value: float) -> None:
        counts: dict[str, int] = {}
        for trial in self._known.values():
            counts[trial.record.phase] = counts.get(trial.record.phase, 0) + 1
        result: dict[str, Any] = {
            BEST_CHILD: best.record.revision,
            "metric": self._settings.metric,
            "value": value,
            "parameters": dict(best.row(value, best=True).parameters),
            "trials": counts,
        }
        private_files.replace(self._folder.metrics, json.dumps(result))

    def _nothing(self) -> str:
        if not any(trial.completed for trial in self._known.values()):
            first = next(iter(self._known.values()), None)
            why = first.record.message.splitlines()[:1] if first is not None else []
            return f"No trial completed. Trial 0: {why[0] if why else 'no reason known'}"
        others: set[str] = set()
        for trial in self._known.values():
            others |= (trial.record.attributes.get("metrics") or {}).keys()
        known = f" They logged: {', '.join(sorted(others))}." if others else " They logged no metric at all."
        return f"No trial logged the primary metric '{self._settings.metric}' to MLflow.{known}"


def run_folder(folder: Path, tracking: TrackingClient, say: Say) -> None:
    """Run the sweep of a job's folder. See `Controller.run`."""
    Controller(*opened(folder), tracking, say).run()
