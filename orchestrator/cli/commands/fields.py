"""``amlctl fields``."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from orchestrator.cli.console import Console
from orchestrator.cli.options import with_console
from orchestrator.kinds import discover
from orchestrator.report.fields import field_json, field_text, kinds_json, kinds_text
from orchestrator.spec.field_reference import UnknownField, field_doc, known_parts


def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Paths that begin with what was typed."""
    path, dot, _ = incomplete.rpartition(".")
    found = (f"{path}{dot}{part}" for part in known_parts(discover(), path))
    return [CompletionItem(name) for name in found if name.startswith(incomplete)]


@click.command("fields")
@click.argument("path", required=False, metavar="[PATH]", shell_complete=complete)
@with_console()
def command(path: str | None, console: Console) -> None:
    """Describe a kind of resource or one of its fields: type, default, allowed values. Needs no spec and no network.

    PATH is a kind, one of its forms, and fields: jobs.sweep.limits, compute.min_instances. Without PATH, list the kinds.
    """
    kinds = discover()
    if path is None:
        if console.json:
            console.document(kinds_json(kinds))
        else:
            console.text(kinds_text(kinds, console.style))
        return
    try:
        found = field_doc(kinds, path)
    except UnknownField as unknown:
        raise click.UsageError(str(unknown)) from None
    if console.json:
        console.document(field_json(found))
    else:
        console.text(field_text(found, console.style))
