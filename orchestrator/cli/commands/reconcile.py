"""``amlctl reconcile``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.options import spec_choice, with_console, with_variant

if TYPE_CHECKING:
    from orchestrator.core.project import LoadOptions
    from orchestrator.reconcile.config import Config
    from orchestrator.reconcile.loop import Loop
    from orchestrator.reconcile.outcome import PassFacts, Waiting
    from orchestrator.reconcile.policy import Policy


@dataclass(frozen=True, slots=True)
class Pages:
    """What a browser may see.

    Attributes:
        port: None serves nothing.
        actions: the pages may trigger, suspend and resume.
    """

    port: int | None
    actions: bool


_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("reconcile")
@click.argument("spec", required=False, type=click.Path(path_type=Path))
@click.option(
    "--config", "-c", "config_file", type=_FILE, help="Configuration file with several projects, instead of SPEC."
)
@click.option(
    "--once",
    is_flag=True,
    help="Run one pass and exit: 0 no changes, 2 changed (with --observe: changes pending), 1 failed or stalled.",
)
@click.option(
    "--status",
    is_flag=True,
    help="Show the last recorded status of the projects and exit: 1 if one is stalled or has no pass yet.",
)
@with_variant
@click.option("--interval", type=click.FloatRange(1), default=180.0, show_default=True, help="Seconds between passes.")
@click.option("--observe", is_flag=True, help="Plan only; change nothing.")
@click.option(
    "--prune", is_flag=True, help="Delete resources that the project owns and that were removed from the spec."
)
@click.option("--self-heal/--no-self-heal", default=True, help="Revert changes made outside amlctl.")
@click.option(
    "--ui-port",
    type=click.IntRange(0, 65535),
    help="Serve pages for a browser on this port of this machine; 0 takes any free one.",
)
@click.option("--ui-actions", is_flag=True, help="Let the pages trigger, suspend and resume projects.")
@with_console()
def command(
    console: Console,
    spec: Path | None,
    config_file: Path | None,
    target: str | None,
    var: tuple[str, ...],
    var_file: tuple[Path, ...],
    interval: float,
    *,
    once: bool,
    status: bool,
    observe: bool,
    prune: bool,
    self_heal: bool,
    ui_port: int | None,
    ui_actions: bool,
) -> Exit:
    """Continuously apply SPEC, or the projects of a configuration.

    SIGTERM and Ctrl-C let running steps finish; a second signal stops immediately.
    """
    from orchestrator.reconcile.policy import Policy

    if ui_actions and ui_port is None:
        raise click.UsageError("--ui-actions needs --ui-port.")
    pages = Pages(ui_port, ui_actions)
    if config_file is not None:
        if spec is not None:
            raise click.UsageError("Pass either SPEC or --config: the configuration lists its specs.")
        from orchestrator.reconcile.config_read import read_config

        return _run(read_config(config_file), console, pages, once=once, status=status)
    policy = Policy(
        interval_s=interval,
        jitter_s=min(60.0, interval / 3),
        poll_s=min(5.0, interval),
        auto_apply=not observe,
        self_heal=self_heal,
        prune=prune,
    )
    choice = spec_choice((spec,) if spec else (), target, var, var_file)
    return _run(_single(choice.paths[0].absolute(), policy, choice.load), console, pages, once=once, status=status)


def _single(spec: Path, policy: Policy, load: LoadOptions) -> Config:
    """The configuration of one folder."""
    from orchestrator.reconcile.config import Config, ProjectConfig
    from orchestrator.reconcile.places import loop_folder

    folder = spec if spec.is_dir() else spec.parent
    project = ProjectConfig(folder.name, spec, policy, load.target, load.variables, load.variable_files, trusted=True)
    return Config(loop_folder(spec), (project,), parallel=1)


def _run(config: Config, console: Console, pages: Pages, *, once: bool, status: bool) -> Exit:
    from orchestrator.reconcile.assemble import assembled
    from orchestrator.reconcile.events import logging_watch, silence

    if status:
        with assembled(replace(config, listen=None), silence) as loop:
            loop.prepare()
            _print(loop, console)
            return Exit.ERROR if any(map(_stalled, loop.fleet_status.documents().values())) else Exit.DONE
    watch = silence if console.quiet else logging_watch(console.log_format, colors=console.error_style.color)
    with assembled(config, watch) as loop, _stopping(loop), _shown(config, loop, pages, console):
        if once:
            code = _conclude(loop.once(), loop, console)
        else:
            loop.run()
            code = Exit.DONE
    if loop.abandoned:
        # The interpreter would wait for the threads of calls that do not come back.
        sys.stdout.flush()
        os._exit(code)
    return code


@contextmanager
def _shown(config: Config, loop: Loop, pages: Pages, console: Console) -> Iterator[None]:
    """Pages for a browser while the block runs, if they are asked for."""
    if pages.port is None:
        yield
        return
    from orchestrator.reconcile.assemble import specs_of
    from orchestrator.reconcile.server.listen import Listen
    from orchestrator.ui.pages.loops import LoopView
    from orchestrator.ui.serve import serving_loop

    policies = {project.name: project.policy for project in config.projects}
    specs = specs_of(config, loop)
    view = LoopView(
        fleet_status=loop.fleet_status, controls=loop.controls, policies=policies, acting=pages.actions, specs=specs
    )
    with serving_loop(view, Listen(port=pages.port)) as place:
        console.notice(f"Open {place.entrance}")
        yield


@contextmanager
def _stopping(loop: Loop) -> Iterator[None]:
    """SIGINT and SIGTERM stop the loop while the block runs."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        loop.stop()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _conclude(ends: Mapping[str, PassFacts], loop: Loop, console: Console) -> Exit:
    _print(loop, console)
    if any(name not in ends or not ends[name].outcome.well for name in loop.fleet_status.projects()):
        return Exit.ERROR
    if any(map(_stalled, loop.fleet_status.documents().values())):
        return Exit.ERROR
    changed = any(facts.done or any(map(_observed, facts.waiting)) for facts in ends.values())
    return Exit.CHANGES if changed else Exit.DONE


def _observed(waiting: Waiting) -> bool:
    """Whether a change waits only because nothing is to be changed."""
    from orchestrator.reconcile.switches import Hold

    return waiting.why is Hold.OBSERVE_ONLY


def _stalled(document: Mapping[str, Any]) -> bool:
    """Whether a project needs a person; one that another loop keeps is that loop's business."""
    conditions = {condition["type"]: condition["status"] for condition in document["conditions"]}
    return not document["standing_by_for"] and (not conditions or conditions["Stalled"])


def _print(loop: Loop, console: Console) -> None:
    from orchestrator.report.reconcile import reconcile_json, reconcile_text

    documents = loop.fleet_status.documents()
    if console.json:
        console.document(reconcile_json(documents))
    else:
        console.text(reconcile_text(documents, console.style))
