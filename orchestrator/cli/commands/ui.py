"""``amlctl ui``."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from orchestrator.cli.console import Console
from orchestrator.cli.options import SpecChoice, with_console, with_spec


@click.command("ui")
@with_spec()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. The default is reached from this machine only.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8643,
    show_default=True,
    help="Port to listen on; 0 takes any free one.",
)
@click.option(
    "--allow-apply",
    is_flag=True,
    help="Let the pages apply plans and send requests to endpoints. Without it they are read-only.",
)
@with_console()
def command(spec: SpecChoice, console: Console, host: str, port: int, *, allow_apply: bool) -> None:
    """Show the project in a browser: resources, plan, runs and endpoints, until Ctrl-C.

    The printed address has a token. It gives read access and, with --allow-apply, write access to the workspace.
    """
    from orchestrator.reconcile.server.listen import Listen
    from orchestrator.ui.serve import serving
    from orchestrator.ui.source import LiveSource

    spec.project()  # a spec that cannot be read is told here
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with serving(LiveSource(spec.project), Listen(host, port), allow_apply=allow_apply) as place:
            if console.json:
                console.document({"url": place.url, "open": place.entrance})
            else:
                console.result(f"Open {place.entrance}")
                console.notice("Press Ctrl-C to stop.")
            stopped.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
