"""The command line's front door."""

from __future__ import annotations

import click


@click.group()
def cli() -> None:
    """Declarative orchestrator for Azure Machine Learning."""


def run() -> None:
    """Entry point of the console script."""
    cli()
