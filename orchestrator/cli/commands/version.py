"""``amlctl version``."""

from __future__ import annotations

import platform

import click

from orchestrator import __version__
from orchestrator.cli.console import Console
from orchestrator.cli.options import with_console
from orchestrator.cli.overview import version_line


@click.command("version")
@with_console()
def command(console: Console) -> None:
    """Print the version."""
    if console.json:
        console.document({"version": __version__, "python": platform.python_version()})
    else:
        console.result(version_line())
