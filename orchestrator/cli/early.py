"""Options about the output, which may stand before the command as well as behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import click

OUTPUT_OPTIONS: Final = (
    click.option("--quiet", "-q", is_flag=True, help="Print no progress and no notices."),
    click.option("--verbose", "-v", is_flag=True, help="Show everything: suppressed differences, lines of logs."),
    click.option("--no-color", is_flag=True, help="Disable color."),
    click.option(
        "--log-format", type=click.Choice(["text", "json"]), help="Format of messages on stderr (default: text)."
    ),
)


@dataclass(frozen=True, slots=True)
class Early:
    """What was said before the command."""

    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    log_format: str | None = None
