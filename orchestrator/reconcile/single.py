"""A loop over one folder, without a configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.core.run import Event
from orchestrator.reconcile.engine import Aim, Stages
from orchestrator.reconcile.loop import Loop, Surroundings
from orchestrator.reconcile.managed import Managed, OneAtATime
from orchestrator.reconcile.passes import Watch
from orchestrator.reconcile.policy import Policy
from orchestrator.reconcile.source.folder import FolderSource
from orchestrator.reconcile.threads import Threads


def single_project(spec: Path, load: LoadOptions, policy: Policy, *, log_format: str, quiet: bool) -> Loop:
    """Make a loop that keeps one spec.

    Args:
        spec: file or folder.
        load: how to read it.
        policy: switches and times.
        log_format: ``json`` or ``text``, for events on stderr.
        quiet: no events.
    """
    name = spec.absolute().name if spec.is_dir() else spec.absolute().parent.name
    watch: Watch = _silence
    if not quiet:
        from orchestrator.reconcile.events import logging_watch  # structlog is slow to import

        watch = logging_watch(log_format)
    clock = SystemClock()
    engine = Stages({name: Aim(load)}, clock, listening(watch))
    project = Managed(name, OneAtATime(FolderSource(spec)), policy)
    return Loop([project], Surroundings(engine, Threads(3), clock, watch, parallel=1))


def listening(watch: Watch) -> _Listening:
    """Steps of an apply as events."""
    return _Listening(watch)


class _Listening:
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def __call__(self, event: Event) -> None:
        facts: dict[str, object] = {"address": str(event.address) if event.address else "", "message": event.message}
        if event.result is not None:
            facts["outcome"] = event.result.outcome.value
        self._watch(f"step.{event.kind.value}", facts)


def _silence(event: str, facts: Mapping[str, object]) -> None:
    """Nobody listens."""
