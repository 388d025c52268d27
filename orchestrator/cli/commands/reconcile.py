"""``amlctl reconcile``."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.options import SpecChoice, with_console, with_spec

if TYPE_CHECKING:
    from orchestrator.reconcile.loop import Loop
    from orchestrator.reconcile.outcome import PassFacts


@click.command("reconcile")
@with_spec()
@click.option("--once", is_flag=True, help="One pass, then end: 0 nothing to do, 2 changed, 1 failed.")
@click.option("--interval", type=click.FloatRange(1), default=180.0, show_default=True, help="Seconds between passes.")
@click.option("--observe", is_flag=True, help="Show what would be done and change nothing.")
@click.option("--prune", is_flag=True, help="Remove what the project owns and the spec no longer has.")
@click.option("--self-heal/--no-self-heal", default=True, help="Set back what others changed in the workspace.")
@with_console()
def command(
    spec: SpecChoice,
    console: Console,
    interval: float,
    *,
    once: bool,
    observe: bool,
    prune: bool,
    self_heal: bool,
) -> Exit:
    """Keep the workspace equal to SPEC, again and again, until stopped.

    SIGTERM and Ctrl-C let running steps end first; a second one stops waiting for them.
    """
    if len(spec.paths) > 1:
        raise click.UsageError("Name one spec: a file or a folder.")
    from orchestrator.reconcile.policy import Policy
    from orchestrator.reconcile.single import single_project

    policy = Policy(
        interval_s=interval,
        jitter_s=min(60.0, interval / 3),
        poll_s=min(5.0, interval),
        auto_apply=not observe,
        self_heal=self_heal,
        prune=prune,
    )
    loop = single_project(spec.paths[0], spec.load, policy, log_format=console.log_format, quiet=console.quiet)
    with _stopping(loop):
        if not once:
            loop.run()
            return Exit.DONE
        return _conclude(loop.once(), loop, console)


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
    from orchestrator.report.reconcile import reconcile_json, reconcile_text

    documents = loop.board.documents()
    if console.json:
        console.document(reconcile_json(documents))
    else:
        console.result(reconcile_text(documents, console.style))
    if any(name not in ends or not ends[name].outcome.well for name in documents):
        return Exit.ERROR
    return Exit.CHANGES if any(facts.done for facts in ends.values()) else Exit.DONE
