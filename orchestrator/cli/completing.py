"""What a shell offers from the spec: addresses, targets and variables. A spec that cannot be read offers nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from orchestrator.cli.options import DEFAULT_SPEC
from orchestrator.kinds import discover
from orchestrator.spec.outline import Outline, outline


def addresses(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Addresses that begin with what was typed; files where none does, since a SPEC may stand before the ADDRESS."""
    found = _beginning(_outline(context).addresses, incomplete)
    return found or [CompletionItem(incomplete, type="file")]


def targets(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Targets of the spec."""
    return _beginning(_outline(context).targets, incomplete)


def variables(context: click.Context, incomplete: str) -> list[CompletionItem]:
    """Variables of the spec, each with its ``=``."""
    return _beginning((f"{name}=" for name in _outline(context).variables), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _outline(context: click.Context) -> Outline:
    words = context.params.get("spec") or context.params.get("place") or ()
    paths = [path for path in map(Path, words) if path.exists()] or [Path(DEFAULT_SPEC)]
    try:
        return outline(paths, discover())
    except Exception:  # a shell must get an answer, and has no place for a message
        return Outline(targets=(), variables=(), addresses=())
