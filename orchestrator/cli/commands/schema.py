"""``amlctl schema``."""

from __future__ import annotations

import click

from orchestrator.cli.console import Console
from orchestrator.cli.options import with_console
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.kinds import discover
from orchestrator.spec.schema import kind_schema, spec_schema


@click.command("schema")
@click.argument("kind", required=False)
@with_console("json")
def command(kind: str | None, console: Console) -> None:
    """Print the JSON Schema of specs, or of one KIND's body, such as jobs or online_endpoints.deployments.

    Editors that know the YAML language server use it when the spec's first line says:
    # yaml-language-server: $schema=FILE
    """
    kinds = discover()
    if kind is None:
        console.document(spec_schema(kinds))
        return
    if kind not in kinds:
        raise click.UsageError(f"There is no kind '{kind}'. {did_you_mean(kind, kinds, 'Known: ' + ', '.join(kinds))}")
    console.document(kind_schema(kinds[kind]))
