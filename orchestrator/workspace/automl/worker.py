"""A worker process: takes the problem once, then one task after another, until the pipe closes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from multiprocessing.connection import Connection, wait
from typing import Any

from .bench import Bench


def serve(pipe: Connection, problem: bytes) -> None:
    """Answer tasks until the parent hangs up.

    Args:
        pipe: gives ``Evaluate`` and ``Fit`` tasks, takes ``TrialOutcome`` and pickled pipelines.
        problem: a pickled ``Problem``.
    """
    _die_with_parent()
    from .problem import Evaluate

    bench = _bench(pickle.loads(problem))  # noqa: S301 (written by our own parent process)
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(bench.evaluate(task) if isinstance(task, Evaluate) else bench.fit(task))


def _bench(problem: Any) -> Bench:
    if problem.task == "forecasting":
        from .forecasting.bench import ForecastBench

        return ForecastBench(problem)
    from .tabular import TabularBench

    return TabularBench(problem)


def _die_with_parent() -> None:
    """End this process as soon as the parent is gone, even in the middle of a fit."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
