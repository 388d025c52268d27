"""Trials as MLflow child runs, written by one thread of the command so that no trial waits for it."""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from .artefact import CONDA_FILE, SCORING_SCRIPT
from .problem import TrialOutcome

Say = Callable[[str], None]
BEST_CHILD: Final = "automl_best_child_run_id"
"""Tag of the job's own run that names the best trial's. Source: Azure ML documentation, deploy an AutoML model to an online endpoint."""
_OUTPUTS: Final = "outputs"
_MODEL: Final = f"{_OUTPUTS}/mlflow-model"
_BESIDE: Final = ("model.pkl", CONDA_FILE, SCORING_SCRIPT)
"""Files of the model that a trial also has beside it. Source: the same page."""
_MOST_TEXT = 500


class TrialTracking:
    """A writer of child runs under ``MLFLOW_RUN_ID``. Without ``MLFLOW_TRACKING_URI`` it does nothing.

    A tracking server that fails does not end the training: the log says so once, and the leaderboard has the figures.
    """

    def __init__(self, say: Say, environ: Mapping[str, str] = os.environ) -> None:
        self._uri = environ.get("MLFLOW_TRACKING_URI") or ""
        self._parent = environ.get("MLFLOW_RUN_ID") or ""
        self._say = say
        self._queue: queue.SimpleQueue[Callable[[Any, str], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.children: dict[int, str] = {}

    def __enter__(self) -> TrialTracking:
        if self._uri and self._parent:
            self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.drain(timeout_s=30)

    def trial(self, outcome: TrialOutcome) -> None:
        """Record a trial as a finished child run."""
        ended = int(time.time() * 1000)
        self._put(lambda client, experiment: self._child(client, experiment, outcome, ended))

    def parent(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Record the best figures in the job's own run."""
        self._put(lambda client, _: _batch(client, self._parent, metrics, {}, tags))

    def best(self, number: int, model: Path) -> None:
        """Put the model where the service has it, among the files of the best trial's run, and name that run in the job's own."""
        self._put(lambda client, _: self._crown(client, number, model))

    def _crown(self, client: Any, number: int, model: Path) -> None:
        child = self.children.get(number)
        if child is None:
            return
        client.log_artifacts(child, str(model), _MODEL)
        for name in _BESIDE:
            if (model / name).is_file():
                client.log_artifact(child, str(model / name), _OUTPUTS)
        client.set_tag(self._parent, BEST_CHILD, child)

    def drain(self, timeout_s: float) -> None:
        """Wait until all is written."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                self._say(
                    f"The tracking server has not taken all trials within {timeout_s:g} s: some child runs are missing."
                )
            self._thread = None

    def _put(self, write: Callable[[Any, str], None]) -> None:
        if self._thread is not None:
            self._queue.put(write)

    def _work(self) -> None:
        from mlflow.exceptions import MlflowException

        try:
            from mlflow import MlflowClient

            # It would print two lines for each trial into the log.
            os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
            client = MlflowClient(self._uri)
            experiment = client.get_run(self._parent).info.experiment_id
            while (write := self._queue.get()) is not None:
                write(client, experiment)
        except (MlflowException, OSError) as error:
            self._say(f"Tracking has stopped; training continues: {' '.join(str(error).split())[:200]}")

    def _child(self, client: Any, experiment: str, outcome: TrialOutcome, ended: int) -> None:
        candidate = outcome.candidate
        tags = {
            "mlflow.parentRunId": self._parent,
            "mlflow.runName": f"trial-{candidate.number}-{candidate.learner.name}",
            "learner": candidate.learner.name,
            "origin": candidate.origin,
            **({"failure": outcome.failure} if outcome.failure else {}),
        }
        run = client.create_run(experiment, start_time=ended - int(outcome.seconds * 1000), tags=tags)
        self.children[candidate.number] = run.info.run_id
        parameters = {"algorithm": candidate.learner.name, **candidate.parameters}
        _batch(client, run.info.run_id, {**outcome.scores, "duration_s": outcome.seconds}, parameters, {})
        status = "FAILED" if outcome.failure else "FINISHED"
        client.set_terminated(run.info.run_id, status=status, end_time=ended)


def _batch(
    client: Any, run: str, metrics: Mapping[str, float], parameters: Mapping[str, Any], tags: Mapping[str, str]
) -> None:
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    client.log_batch(
        run,
        metrics=[Metric(name, float(value), now, 0) for name, value in metrics.items() if math.isfinite(value)],
        params=[Param(name, str(value)[:_MOST_TEXT]) for name, value in parameters.items()],
        tags=[RunTag(name, value) for name, value in tags.items()],
    )
