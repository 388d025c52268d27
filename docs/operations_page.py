"""The page of the specification's operations: which of them the ARM server of an embedded workspace answers, and what parity rests on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from parity_rows import counts

from orchestrator.backends.azure.recording.files import recording_folders, recordings
from orchestrator.backends.azure.recording.steps import ROUND
from orchestrator.backends.azure.specification.operations import Operation, api_version, operations
from orchestrator.kinds import discover
from orchestrator.workspace.arm.app import Facade
from orchestrator.workspace.arm.openapi import methods
from orchestrator.workspace.arm.routes import Answering
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.folder.paths import WorkspacePaths

_RECORDINGS = Path(__file__).parent.parent / "tests" / "recordings"
_WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"


def page(parity: str) -> str:
    """The page.

    Args:
        parity: text of the page on parity.
    """
    routes = _routes()
    answered = {operation: _answers(operation, routes) for operation in operations()}
    groups: dict[str, list[Operation]] = {}
    for operation in answered:
        groups.setdefault(operation.parts[0] if operation.parts else "", []).append(operation)
    about = (
        "Every operation below a workspace in the REST specification that the installed `azure-ai-ml` is generated with"
        f" (`{api_version()}`), and whether `amlctl workspace serve --arm` answers it. Bodies of all of them are checked against the"
        " specification's models. [Parity](parity.md) says how far the answers are those of the service.\n"
    )
    lines = [
        "# Operations of the specification\n",
        about,
        f"{sum(answered.values())} of {len(answered)} operations are answered. The others get `404`.\n",
        "| operations | answered | not answered |",
        "|---|---|---|",
    ]
    for name in sorted(groups):
        own = groups[name]
        yes = sum(answered[operation] for operation in own)
        missing = [f"`{operation.method} {'/'.join(operation.parts)}`" for operation in own if not answered[operation]]
        lines.append(f"| {f'`{name}`' if name else 'the workspace'} | {yes} | {', '.join(sorted(missing))} |")
    lines += [
        "\n## What parity rests on\n",
        "Rows of the tables in [parity](parity.md), by the sources that they name; a row can name several.\n",
    ]
    lines += ["| source | rows |", "|---|---|", *counts(parity)]
    lines += recorded()
    return "\n".join(lines) + "\n"


def recorded() -> Iterator[str]:
    """What a recording of the service shows, and which recordings there are."""
    dates: dict[str, str] = {}
    for folder, about in recording_folders(_RECORDINGS):
        if about.service == "azure":
            dates |= {recording.step: about.date for recording in recordings(folder)}
    yield "\n## Recorded\n"
    yield (
        "What [`amlctl azure record`](../how-to/record-azure.md) asks the service, and when that was recorded. Recordings in"
        f" `tests/recordings` are replayed by the tests. {len(dates)} of {len(ROUND)} requests are recorded.\n"
    )
    yield from ("| request | what it shows | row in [parity](parity.md) | recorded |", "|---|---|---|---|")
    for step in ROUND:
        path = f"/{step.path}" if step.path else "the workspace"
        yield f"| `{step.method} {path}` | {step.shows} | {step.row} | {dates.get(step.name, 'not yet')} |"


def _routes() -> list[Answering]:
    with tempfile.TemporaryDirectory() as folder:
        shelf = WireStore(WorkspacePaths(Path(folder) / "ws"))
        try:
            public, private = Facade(shelf, Tokens.fresh(), discover()).routes()
            return [route for route in (*public, *private) if ":path}" not in route.path]
        finally:
            shelf.close()


def _answers(operation: Operation, routes: list[Answering]) -> bool:
    path = "/".join([_WORKSPACE, *("x" if part.startswith("{") else part for part in operation.parts)])
    return any(operation.method in methods(route) and route.path_regex.match(path) for route in routes)
