"""``amlctl invoke``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from orchestrator.cli.addresses import address_in
from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.options import SpecChoice, with_console, with_spec_and_address
from orchestrator.core.address import Address
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.ports import ScoringRequest, SystemClock
from orchestrator.engine import open_workspace
from orchestrator.kinds import discover


@click.command("invoke")
@with_spec_and_address
@click.option(
    "--request-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    help="File with the request body; - reads standard input.",
)
@click.option("--data", help="Request body as JSON text, or @FILE.")
@click.option("--deployment", help="Send the request to this deployment, regardless of the traffic split.")
@click.option(
    "--timeout", type=click.FloatRange(0.001), default=30.0, show_default=True, help="Seconds to wait for the response."
)
@with_console("text", "json")
def command(
    spec: SpecChoice,
    address: str,
    request_file: Path | None,
    data: str | None,
    deployment: str | None,
    timeout: float,
    console: Console,
) -> Exit:
    """Send a request to an online endpoint, with its key.

    ADDRESS is an endpoint, or one of its deployments: online_endpoints.hf.deployments.blue
    """
    if (request_file is None) == (data is None):
        raise click.UsageError("Pass the request with either --request-file or --data.")
    project = spec.project(files=False)
    kinds = discover()
    place = address_in(project, address, tuple(key for key, kind in kinds.items() if kind.answers))
    if kinds[place.kind].behaviour.tested_alone:
        deployment = deployment or place.leaf
    if data is not None and data.startswith("@"):
        request_file, data = Path(data[1:]), None
    body = data if data is not None else _text_of(request_file)
    request = ScoringRequest(body, deployment or "", timeout_s=timeout)
    with open_workspace(project, kinds, SystemClock()) as workspace:
        answer = workspace.backend.score(Address(place.section, place.name), request)
    if console.json:
        console.document({"url": answer.url, "status": answer.status, "body": answer.body})
    else:
        console.notice(f"POST {answer.url} → {answer.status}")
        console.result(answer.body)
    return Exit.DONE if 200 <= answer.status < 300 else Exit.ERROR


def _text_of(path: Path | None) -> str:
    if path is None or str(path) == "-":
        return sys.stdin.read()
    try:
        return read_plain_text(path)
    except (OSError, UnicodeDecodeError) as problem:
        raise click.FileError(str(path), hint=getattr(problem, "strerror", None) or str(problem)) from problem
