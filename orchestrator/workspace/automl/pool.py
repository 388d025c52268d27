"""A few worker processes, each with a deadline for its task; one that overruns is killed and replaced."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from .worker import serve

_PRELOAD = "orchestrator.workspace.automl.preload"


@dataclass(frozen=True, slots=True)
class Lost:
    """A task that gave no answer: ``reason`` says whether it ran out of time or its process died."""

    reason: str


@dataclass(slots=True)
class _Seat:
    process: BaseProcess
    pipe: Connection
    key: int | None = None
    deadline: float = float("inf")


def warm_up() -> None:
    """Start importing the learners' libraries in the background, for the workers to come."""
    # One thread for each fit: trials run side by side, and nested threads on few cores slow all of them.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    multiprocessing.get_context("forkserver").set_forkserver_preload([_PRELOAD])
    forkserver.ensure_running()


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """Workers that all know the same problem. Use as a context manager; leaving it kills what still runs."""

    def __init__(self, problem: bytes, size: int) -> None:
        self._problem = problem
        self._context = multiprocessing.get_context("forkserver")
        self._seats = [self._seat() for _ in range(size)]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for seat in self._seats:
            self._end(seat)

    @property
    def free(self) -> int:
        """How many workers have nothing to do."""
        return sum(seat.key is None for seat in self._seats)

    @property
    def busy(self) -> bool:
        """Whether a task is running."""
        return self.free < len(self._seats)

    def abandon(self) -> None:
        """Stop what is running; the answers never come."""
        for seat in self._seats:
            if seat.key is not None:
                seat.key = None
                self._replace(seat)

    def submit(self, key: int, task: Any, deadline: float = float("inf")) -> None:
        """Give a task to a free worker.

        Args:
            key: comes back with the answer.
            task: ``Evaluate`` or ``Fit``.
            deadline: on the monotonic clock; past it the worker is killed and the task lost.
        """
        seat = next(seat for seat in self._seats if seat.key is None)
        seat.key, seat.deadline = key, deadline
        seat.pipe.send(task)

    def answers(self) -> Iterator[tuple[int, Any]]:
        """Wait until something happened, then give each finished task's key and answer, or ``Lost``."""
        running = [seat for seat in self._seats if seat.key is not None]
        nearest = min(seat.deadline for seat in running)
        timeout = None if nearest == float("inf") else max(0.0, nearest - time.monotonic())
        ready = set(wait([seat.pipe for seat in running], timeout))
        for seat in running:
            answer: Any
            if seat.pipe in ready:
                try:
                    answer = seat.pipe.recv()
                except (EOFError, OSError):
                    answer = Lost("lost its process, probably for want of memory")
            elif time.monotonic() >= seat.deadline:
                answer = Lost("ran out of time")
            else:
                continue
            key, seat.key = seat.key, None
            if isinstance(answer, Lost):
                self._replace(seat)
            if key is not None:
                yield key, answer

    def _seat(self) -> _Seat:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._problem), daemon=True)
        process.start()
        theirs.close()
        return _Seat(process, ours)

    def _replace(self, seat: _Seat) -> None:
        self._end(seat)
        fresh = self._seat()
        seat.process, seat.pipe, seat.deadline = fresh.process, fresh.pipe, float("inf")

    @staticmethod
    def _end(seat: _Seat) -> None:
        seat.pipe.close()
        seat.process.kill()
        seat.process.join()
        seat.process.close()
