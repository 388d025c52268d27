"""A configuration with everything it needs to run: sources, stages, notices, measurements, the server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.boundary import Boundary
from orchestrator.core.errors import StateError
from orchestrator.core.ports import Clock, SystemClock
from orchestrator.core.project import LoadOptions, Project
from orchestrator.reconcile.config import Config, ProjectConfig
from orchestrator.reconcile.engine import Aim, Stages, loaded_at
from orchestrator.reconcile.events import StepEvents
from orchestrator.reconcile.loop import Loop
from orchestrator.reconcile.loop_context import LoopContext
from orchestrator.reconcile.managed import Managed, OneAtATime
from orchestrator.reconcile.places import PlacesFile
from orchestrator.reconcile.ports import Notifier, Source, Tracer
from orchestrator.reconcile.source.checkout import TREES
from orchestrator.reconcile.source.folder import FolderSource
from orchestrator.reconcile.task import Watch
from orchestrator.reconcile.telemetry import TracedEngine, TracedSource, tracer_from
from orchestrator.reconcile.threads import Threads
from orchestrator.reconcile.unplaced import Unplaced

if TYPE_CHECKING:
    from orchestrator.reconcile.server.metrics import Metrics

_LAST_NOTICES_S = 5.0
"""How long the end of the loop waits for notices under way."""


@contextmanager
def assembled(config: Config, watch: Watch) -> Iterator[Loop]:
    """Make the loop of a configuration; its server answers while the context lasts.

    Raises:
        UnsupportedSetup: the server cannot listen.
    """
    clock = SystemClock()
    with ExitStack() as stack:
        tracer = tracer_from(watch=watch)
        stack.callback(tracer.close)
        metrics = _metrics(config, clock)
        aims = {project.name: _aim(project, config.folder) for project in config.projects}
        stages = Stages(
            aims,
            clock,
            StepEvents(watch),
            PlacesFile(config.folder / "places.json"),
            Unplaced(config.folder / "unplaced.json"),
        )
        context = LoopContext(
            TracedEngine(stages, tracer),
            # A look for news may run beside each pass.
            Threads(2 * config.parallel),
            clock,
            watch,
            config.parallel,
            _notifier(config, watch, stack),
            metrics,
            tracer,
        )
        loop = Loop([_managed(project, config.folder, tracer) for project in config.projects], context)
        if metrics is not None:
            stack.enter_context(_served(config, loop, metrics, watch))
        yield loop


def specs_of(config: Config, loop: Loop) -> Mapping[str, Callable[[], Project]]:
    """How the spec of each project is read as its last pass saw it, for those who look.

    What is returned raises `SpecError` as loading does, and `StateError` before the first pass.
    """
    return {
        project.name: partial(_seen, _aim(project, config.folder), project.name, loop) for project in config.projects
    }


def _seen(aim: Aim, name: str, loop: Loop) -> Project:
    revision = loop.revision(name)
    if revision is None:
        raise StateError(
            f"The loop has not read the spec of '{name}' yet, or its source changed since.",
            fix="Wait for the next pass.",
        )
    return loaded_at(aim, revision)


def _notifier(config: Config, watch: Watch, stack: ExitStack) -> Notifier | None:
    if not config.channels:
        return None
    from orchestrator.reconcile.notify.webhooks import Webhooks

    notifier = Webhooks(config.channels, watch)
    stack.callback(notifier.close, _LAST_NOTICES_S)
    return notifier


def _metrics(config: Config, clock: Clock) -> Metrics | None:
    if config.listen is None:
        return None
    from orchestrator.reconcile.server.metrics import Metrics

    return Metrics(clock)


@contextmanager
def _served(config: Config, loop: Loop, metrics: Metrics, watch: Watch) -> Iterator[None]:
    from orchestrator.reconcile.server.api import AccessKeys, Api
    from orchestrator.reconcile.server.http import serving
    from orchestrator.reconcile.server.listen import Listen

    hooks = {project.name: project.hook for project in config.projects if project.hook is not None}
    api = Api(loop.fleet_status, loop.controls, metrics, AccessKeys(config.token, hooks))
    with serving(api.answer, config.listen or Listen(), watch) as address:
        watch("server", {"address": address})
        yield


def _aim(project: ProjectConfig, folder: Path) -> Aim:
    load, revives = _load(project), project.policy.auto_apply
    if isinstance(project.source, Path):
        return Aim(load, project.workspace, parallelism=project.parallelism, revives=revives)
    checkouts = _cache(project.name, folder)
    trees = checkouts / TREES
    if project.workspace is not None:
        return Aim(load, project.workspace, None, trees, project.parallelism, revives=revives)
    # A checkout comes and goes with its revision; the workspace must stay.
    return Aim(load, folder / "workspaces" / project.name, checkouts, trees, project.parallelism, revives=revives)


def _load(project: ProjectConfig) -> LoadOptions:
    """What the project's spec may see of this machine: who writes it need not be who runs this."""
    load = LoadOptions(
        target=project.target,
        variables=project.variables,
        variable_files=project.variable_files,
        allowed_hosts=project.allowed_hosts,
    )
    if project.trusted:
        return replace(load, environ=dict(os.environ))
    environ = {
        name: value
        for name, value in os.environ.items()
        if any(fnmatchcase(name, each) for each in project.environment)
    }
    roots = project.allowed_folders
    if isinstance(project.source, Path):
        roots = (project.source if project.source.is_dir() else project.source.parent, *roots)
    return replace(load, environ=environ, boundary=Boundary(roots))


def _managed(project: ProjectConfig, folder: Path, tracer: Tracer) -> Managed:
    source: Source
    if isinstance(project.source, Path):
        left_out = [folder, *([project.workspace] if project.workspace else [])]
        source = FolderSource(project.source, left_out)
    else:
        from orchestrator.reconcile.source.git import GitSource

        source = GitSource(project.source, _cache(project.name, folder))
    return Managed(project.name, OneAtATime(TracedSource(source, project.name, tracer)), project.policy)


def _cache(name: str, folder: Path) -> Path:
    return folder / "sources" / name
