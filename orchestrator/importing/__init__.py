"""A project out of a folder of CLI v2 YAML files and the scripts beside them.

The files stay as they are. What they describe, and what the flags of ``az ml`` commands say beside them, becomes a spec that can be
planned at once on the embedded workspace; whatever is not part of it is listed with its reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core.errors import StateError
from orchestrator.core.plain_files import read_plain_text
from orchestrator.importing.commands import CommandAction, action_of
from orchestrator.importing.documents import Found, find_documents
from orchestrator.importing.entries import Entries
from orchestrator.importing.guesses import guess
from orchestrator.importing.scripts import Scripts, read_scripts
from orchestrator.importing.shell import unknown_names
from orchestrator.importing.text import WORKSPACE, spec_text
from orchestrator.importing.trial import Trial
from orchestrator.kinds import discover
from orchestrator.spec.variables import spelled_alike


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What was found.

    Attributes:
        included: address to the document that describes it, empty if a command alone does.
        elsewhere: address to the reason, of what is part of the target ``azure`` only.
        skipped: CLI v2 documents that are left out, with the reason.
        others: other YAML files, with what they are.
        replaced: `az ml` commands that the project replaces: place, command, address.
        kept: `az ml` commands that it does not replace: place, command, reason.
        problem: why the first plan does not work; empty if it does.
    """

    included: tuple[tuple[str, str, str], ...]
    elsewhere: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[Path, str], ...]
    others: tuple[tuple[Path, str], ...]
    replaced: tuple[tuple[str, str, str], ...]
    kept: tuple[tuple[str, str, str], ...]
    problem: str


def import_folder(source: Path, spec: Path, project: str) -> ImportResult:
    """Write a spec for the documents of a folder.

    Args:
        source: where to look; hidden folders are passed over, but for those of workflows.
        spec: the file to write; it must not exist. Paths in it are relative to its folder.
        project: its name.

    Raises:
        StateError: nothing usable was found; nothing is written.
    """
    found, scripts = find_documents(source, discover()), read_scripts(source)
    entries, used = _entries(source, spec, found, scripts)
    _refuse_nothing(source, found, entries)
    variables = _variables(found, scripts, entries)
    workspace = _workspace(source, scripts)
    trial: Trial

    def write() -> Path:
        left = [*found.refused, *used, *entries.left]
        needed = {name: value for name, value in variables.items() if _needed(name, entries)}
        text = spec_text(project, spec.parent, entries.all.values(), left, needed, trial.secrets, workspace)
        spec.write_text(text, encoding="utf-8")
        return spec

    spec.parent.mkdir(parents=True, exist_ok=True)
    trial = Trial(entries, variables, workspace, write)
    try:
        problem = trial.run()
        _refuse_nothing(source, found, entries)
    except BaseException:
        spec.unlink(missing_ok=True)
        raise
    return ImportResult(
        included=tuple(_included(entries)),
        elsewhere=tuple((entry.address, entry.elsewhere) for entry in entries.all.values() if entry.elsewhere),
        skipped=(*found.refused, *used, *entries.left),
        others=tuple((path, "a workflow" if path in scripts.workflows else reason) for path, reason in found.others),
        replaced=_once((_place(action, source), action.text, address) for action, address in entries.replaced),
        kept=_once((_place(action, source), action.text, reason) for action, reason in entries.kept),
        problem=problem,
    )


def _entries(source: Path, spec: Path, found: Found, scripts: Scripts) -> tuple[Entries, list[tuple[Path, str]]]:
    """All resources, and the documents that are part of other documents."""
    kinds = discover()
    documents = {document.path.resolve(): document for document in found.documents}
    reasons = {path.resolve(): reason for path, reason in (*found.refused, *found.others)}
    files = Counter((document.kind, document.name) for document in found.documents if not document.named)
    common = frozenset(name for name, count in files.items() if count > 1)
    entries = Entries(source, spec.parent.absolute(), kinds, common)
    for command in scripts.commands:
        entries.add_command(action_of(command, kinds), documents, reasons)
    known = {entry.document.path for entry in entries.all.values() if entry.document}
    users = {used: document for document in found.documents for used in document.uses}
    used = []
    rest = [document for document in found.documents if document.path not in known]
    for document in sorted(
        rest, key=lambda each: ("." in each.kind, each.path)
    ):  # endpoints before what belongs to them
        user = users.get(document.path.resolve())
        if user is not None:
            used.append((document.path, f"it is part of {user.path.name}, which names it"))
        else:
            entries.add_document(document)
    return entries, used


def _refuse_nothing(source: Path, found: Found, entries: Entries) -> None:
    if entries.all:
        return
    skipped = [*found.refused, *entries.left]
    named = "".join(f" {path}: {reason}{'' if reason.endswith('.') else '.'}" for path, reason in skipped[:3])
    raise StateError(
        f"No supported CLI v2 YAML file was found in {source}.{named}",
        code="nothing-to-import",
        fix="Pass the folder with your az ml YAML files, or run `amlctl init` without --from.",
    )


def _variables(found: Found, scripts: Scripts, entries: Entries) -> dict[str, str]:
    """Variables to the values that the target ``dev`` has for them: what a ``sed`` fills in, else a guess."""
    filled = {
        spelled_alike(name.strip("<>{} ")): value for name, value in scripts.filled.items() if not unknown_names(value)
    }
    variables = {
        hole: filled.get(hole) or guess(hole, key)
        for document in found.documents
        for hole, key in document.holes.items()
    }
    for entry in entries.all.values():
        for name, key in _mentioned(entry.body, ""):
            variables.setdefault(name, guess(name, key))
    return variables


def _mentioned(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Variables in what commands say, with the field."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _mentioned(inner, name)
    elif isinstance(value, str):
        yield from ((piece.split("}")[0], key) for piece in value.split("${var.")[1:])


def _needed(name: str, entries: Entries) -> bool:
    return any(
        (entry.document and name in entry.document.holes) or name in dict(_mentioned(entry.body, ""))
        for entry in entries.all.values()
    )


def _workspace(source: Path, scripts: Scripts) -> Mapping[str, str]:
    """The Azure workspace that the scripts or a ``config.json`` name, else environment variables."""
    settings = {key: f"${{env.{where}}}" for key, where in WORKSPACE.items()}
    for path in (source / ".azureml" / "config.json", source / "config.json"):
        if path.is_file():
            try:
                said = json.loads(read_plain_text(path))
            except ValueError:
                continue
            if isinstance(said, dict) and settings.keys() <= said.keys():
                settings.update({key: str(said[key]) for key in settings})
    for key in settings:
        for short, value in scripts.defaults.items():
            if short in key.split("_") and value and not unknown_names(value):
                settings[key] = value
    return settings


def _included(entries: Entries) -> Iterator[tuple[str, str, str]]:
    for entry in entries.all.values():
        document = entry.document
        yield entry.address, str(document.path) if document else "", document.title if document else entry.kind.title


def _once(lines: Iterable[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
    """In the order of scripts and lines; the command of a loop is walked several times."""
    return tuple(dict.fromkeys(lines))


def _place(action: CommandAction, source: Path) -> str:
    return f"{action.command.script.relative_to(source).as_posix()}:{action.command.line}"


__all__ = ["Imported", "import_folder"]
