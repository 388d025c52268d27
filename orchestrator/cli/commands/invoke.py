"""``amlctl invoke``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from orchestrator.cli.addresses import address_in
from orchestrator.cli.batch_request import batch_request
from orchestrator.cli.batches import Waiting, batching, score
from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.options import SpecChoice, with_console, with_spec_and_address
from orchestrator.core.address import Address
from orchestrator.core.kind import Kinds
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.ports import ScoringRequest, SystemClock
from orchestrator.core.project import Project
from orchestrator.engine import open_workspace
from orchestrator.kinds import discover

ONLINE_TIMEOUT_S: Final = 30.0

_ONLINE: Final = ("request_file", "data")
_BATCH: Final = ("inputs", "inputs_file", "changes", "output_path", "job_name", "experiment_name", "no_wait")
_FLAGS: Final = {"inputs": "--input", "changes": "--set"}


@click.command("invoke")
@with_spec_and_address
@click.option(
    "--request-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
    help="File with the request body; - reads standard input.",
)
@click.option("--data", help="Request body as JSON text, or @FILE.")
@click.option(
    "--deployment", "--deployment-name", help="Send the request to this deployment, not by traffic or default."
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME=]VALUE",
    help="Data for a batch endpoint: a folder, a file, azureml:NAME:VERSION, a datastore path, a URL; or a literal.",
)
@click.option(
    "--inputs-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="YAML file with the inputs and outputs of a batch job.",
)
@click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help="Setting of this batch job: mini_batch_size=5"
)
@click.option("--output-path", metavar="URI", help="Datastore path for the predictions of a batch job.")
@click.option("--job-name", default="", help="Name of the batch job.")
@click.option("--experiment-name", default="", help="Experiment of the batch job.")
@click.option("--no-wait", is_flag=True, help="Print the name of the batch job and do not wait for it.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.001),
    help=f"Seconds to wait for the response, or for the batch job (default: {ONLINE_TIMEOUT_S:g}; batch: no limit).",
)
@with_console("text", "json")
def command(
    spec: SpecChoice, address: str, deployment: str | None, timeout: float | None, console: Console, **said: Any
) -> Exit:
    """Send a request to an online endpoint, or data to a batch endpoint.

    ADDRESS is an endpoint, or one of its deployments: online_endpoints.hf.deployments.blue

    A batch endpoint scores data as a job. The command waits for it and prints where the predictions are.
    """
    _require_something(said)
    project = spec.project(files=False)
    kinds = discover()
    place = address_in(project, address, tuple(key for key, kind in kinds.items() if _invoked(kinds, key)))
    batch = kinds[place.section].batches
    _check(said, _ONLINE if batch else _BATCH, f"a {kinds[place.section].title}")
    if place.part:
        deployment = deployment or place.leaf
    endpoint = Address(place.section, place.name)
    if not batch:
        return _online(project, kinds, endpoint, (deployment or "", timeout or ONLINE_TIMEOUT_S), said, console)
    request = batch_request(deployment or "", said["inputs"], said["inputs_file"], said["changes"], said["output_path"])
    request = replace(request, name=said["job_name"], experiment=said["experiment_name"])
    clock = SystemClock()
    with open_workspace(project, kinds, clock) as workspace:
        waiting = Waiting(not said["no_wait"], timeout)
        return score(batching(workspace.backend, endpoint), endpoint, request, waiting, console, clock)


def _invoked(kinds: Kinds, key: str) -> bool:
    kind = kinds[key]
    whole = kinds[kind.section]
    return kind.answers or kind.batches or (whole.batches and any(c.kind == key and c.keyed for c in whole.children))


def _require_something(said: dict[str, Any]) -> None:
    online = [name for name in _ONLINE if said[name] is not None]
    if len(online) > 1 or not (online or said["inputs"] or said["inputs_file"] or said["changes"]):
        raise click.UsageError(
            "Pass the request with either --request-file or --data, or the data for a batch endpoint with --input."
        )


def _check(said: dict[str, Any], other: tuple[str, ...], what: str) -> None:
    """Options of the other sort of endpoints are not for this one."""
    for name in other:
        if said[name] not in (None, "", (), False):
            flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
            raise click.UsageError(f"{flag} is not for {what}.")


def _online(
    project: Project,
    kinds: Kinds,
    endpoint: Address,
    how: tuple[str, float],
    said: dict[str, Any],
    console: Console,
) -> Exit:
    request_file, data = said["request_file"], said["data"]
    if data is not None and data.startswith("@"):
        request_file, data = Path(data[1:]), None
    body = data if data is not None else _text_of(request_file)
    request = ScoringRequest(body, how[0], timeout_s=how[1])
    with open_workspace(project, kinds, SystemClock()) as workspace:
        answer = workspace.backend.score(endpoint, request)
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
