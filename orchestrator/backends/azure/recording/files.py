"""Recordings as files: one JSON file for each request, and one about the round. Imports nothing of azure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from orchestrator.backends.azure.recording.step import Reply
from orchestrator.core import private_files
from orchestrator.core.errors import Invalid

ABOUT: Final = "round.json"
LEFT: Final = "left.json"
"""Paths of what a round has made and not deleted yet; not there if there is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A request and its answer.

    Attributes:
        step: name of the step.
        shows: see `RecordingStep`.
        method: in upper case.
        path: below the workspace, as in the step: with the placeholders.
        query: with ``api-version``.
        body: as in the step.
        answer: scrubbed.
        settled: what a read answered when waiting had ended, scrubbed; None if nobody waited.
        polls: reads until then.
        seconds: from the request to the end of waiting.
    """

    step: str
    shows: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    answer: Reply
    settled: Reply | None = None
    polls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One round.

    Attributes:
        date: as in ``2026-01-31``.
        version: of amlctl.
        api_version: of most requests.
        service: ``azure``, or ``embedded`` if it was a served workspace.
        complete: whether all steps were sent.
    """

    date: str
    version: str
    api_version: str
    service: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one round."""

    path: Path
    _written: list[str] = field(default_factory=list)

    def write(self, recording: Recording) -> Path:
        """Add a recording. Files are numbered in the order of the requests."""
        self._written.append(recording.step)
        file = self.path / f"{len(self._written):03d}-{recording.step}.json"
        _write(file, _document(recording))
        return file

    def about(self, about: About) -> None:
        """Say what the round is."""
        _write(self.path / ABOUT, {name: getattr(about, name) for name in About.__slots__})

    def left(self, paths: Sequence[str]) -> None:
        """Remember what is still to be deleted."""
        file = self.path / LEFT
        if paths:
            _write(file, {"delete": list(paths)})
        else:
            file.unlink(missing_ok=True)

    def still_there(self) -> Sequence[str]:
        """What an earlier round has left."""
        file = self.path / LEFT
        return tuple(_read(file).get("delete", ())) if file.exists() else ()


def recordings(folder: Path) -> Sequence[Recording]:
    """The recordings of a round, in order.

    Raises:
        Invalid: a file is not one.
    """
    return tuple(_recording(file) for file in sorted(folder.glob("[0-9]*-*.json")))


def recording_folders(folder: Path) -> Iterable[tuple[Path, About]]:
    """The rounds below a folder, oldest first.

    Raises:
        Invalid: a file is not one.
    """
    found = [(file.parent, _about(file)) for file in sorted(folder.glob(f"*/{ABOUT}"))]
    return sorted(found, key=lambda each: (each[1].date, each[0].name))


def _document(recording: Recording) -> dict[str, Any]:
    request = {name: getattr(recording, name) for name in ("method", "path", "query", "body")}
    settled = {} if recording.settled is None else {"settled": _shown(recording.settled)}
    return {
        "step": recording.step,
        "shows": recording.shows,
        "request": {name: value for name, value in request.items() if value is not None},
        "answer": _shown(recording.answer),
        **settled,
        "polls": recording.polls,
        "seconds": round(recording.seconds, 1),
    }


def _shown(reply: Reply) -> dict[str, Any]:
    return {"status": reply.status, "headers": dict(reply.headers), "body": reply.body}


def _reply(tree: Mapping[str, Any]) -> Reply:
    return Reply(int(tree["status"]), dict(tree["headers"]), tree["body"])


def _recording(file: Path) -> Recording:
    tree = _read(file)
    try:
        request = tree["request"]
        return Recording(
            step=tree["step"],
            shows=tree["shows"],
            method=request["method"],
            path=request["path"],
            query=request["query"],
            body=request.get("body"),
            answer=_reply(tree["answer"]),
            settled=_reply(tree["settled"]) if "settled" in tree else None,
            polls=tree["polls"],
            seconds=tree["seconds"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(f"{file} is not a recording: {error}.") from None


def _about(file: Path) -> About:
    tree = _read(file)
    try:
        return About(**{name: tree[name] for name in About.__slots__})
    except KeyError as error:
        raise Invalid(f"{file} does not say {error}.") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Invalid(f"{file} is not JSON: {error}.") from None
    if not isinstance(tree, dict):
        raise Invalid(f"{file} is not a JSON object.")
    return tree


def _write(file: Path, tree: Mapping[str, Any]) -> None:
    private_files.make_folder(file.parent)
    private_files.replace(file, json.dumps(tree, indent=2, ensure_ascii=False) + "\n")
