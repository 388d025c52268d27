"""``amlctl completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from orchestrator.cli.main import cli


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a script that completes commands, options, the spec's addresses, targets and variables, and field paths.

    For bash: eval "$(amlctl completion bash)"
    """
    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"Completion for {shell} is not supported.")
    click.echo(completion(cli, {}, "amlctl", "_AMLCTL_COMPLETE").source())
