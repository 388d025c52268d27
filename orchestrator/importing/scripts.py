"""The `az ml` commands of a folder: in shell scripts, and in the YAML of GitHub workflows and Azure Pipelines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.tree import LocatedDict, LocatedList
from orchestrator.importing.shell import calls, unknown_names
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents

_SHELL: Final = frozenset({".sh", ".bash", ".azcli"})
_YAML: Final = frozenset({".yml", ".yaml"})
_WORKFLOWS: Final = (".github", ".azuredevops", ".azure-pipelines", ".pipelines")
"""Hidden folders that hold workflows; others are passed over."""

_STEPS: Final = frozenset({"run", "script", "bash", "inlineScript", "inlinescript"})
"""Keys of shell text. Source: GitHub Actions, workflow syntax; Azure Pipelines, YAML schema; action azure/cli; task AzureCLI."""

_VARIABLES: Final = frozenset({"env", "variables"})
_LARGEST: Final = 1 << 20
"""Bytes of a script that is looked at."""


Piece = tuple[str, int, dict[str, str]]
"""Shell text, the lines before it in its file, and the variables that it starts with."""


@dataclass(frozen=True, slots=True)
class AzCommand:
    """One `az ml` command.

    Attributes:
        script: the file it stands in.
        line: its line there, 1-based.
        words: what follows ``az ml``; `shell.unknown` marks what is not known.
        folder: where the script is thought to run: its own folder, after the ``cd`` before the command.
    """

    script: Path
    line: int
    words: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Scripts:
    """What the scripts of a folder say.

    Attributes:
        commands: in the order of the files and of the lines in them.
        defaults: what ``az configure --defaults`` and ``az account set`` say: ``group``, ``workspace``, ``subscription``.
        filled: placeholder to the value that a ``sed`` replaces it with.
        workflows: YAML files that are workflows.
    """

    commands: tuple[AzCommand, ...]
    defaults: dict[str, str]
    filled: dict[str, str]
    workflows: frozenset[Path]


def read_scripts(source: Path) -> Scripts:
    """Look through a folder. Files that cannot be read are passed over."""
    commands: list[AzCommand] = []
    defaults: dict[str, str] = {}
    filled: dict[str, str] = {}
    workflows: set[Path] = set()
    for path in sorted(_files(source)):
        text = read_plain_text(path, errors="replace")
        if path.suffix.lower() in _SHELL:
            pieces: list[Piece] = [(text, 0, {})]
        else:
            pieces, workflow = _steps(text, path)
            if workflow:
                workflows.add(path)
        for piece, offset, variables in pieces:
            if "az " in piece or "sed " in piece:
                commands.extend(_commands(piece, offset, variables, path, defaults, filled))
    return Scripts(tuple(commands), defaults, filled, frozenset(workflows))


def _files(source: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith(".") or name in _WORKFLOWS)
        for name in files:
            path = Path(folder, name)
            if path.suffix.lower() in _SHELL | _YAML and path.is_file() and path.stat().st_size <= _LARGEST:
                yield path


def _commands(
    piece: str, offset: int, variables: dict[str, str], path: Path, defaults: dict[str, str], filled: dict[str, str]
) -> Iterator[AzCommand]:
    folder = path.parent
    for call in calls(piece, variables):
        words = call.words
        if words[:2] == ("az", "ml"):
            yield AzCommand(path, call.line + offset, words[2:], folder)
        elif words[0] == "az":
            defaults.update(_defaults(words[1:]))
        elif words[0] == "cd" and len(words) == 2:
            folder = Path(os.path.normpath(folder / words[1]))
        elif words[0] == "sed":
            filled.update(_filled(words[1:]))


def _defaults(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if words[:1] == ("configure",):
        for word in words[1:]:
            name, equals, value = word.partition("=")
            if equals and name.isalpha():
                yield name, value
    elif words[:2] == ("account", "set"):
        for flag, value in pairwise(words):
            if flag in {"-s", "--subscription", "-n", "--name"}:
                yield "subscription", value


def _filled(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """``s/<NAME>/value/g``: what a script fills a document's placeholder with."""
    for word in words:
        for part in word.split(";"):
            expression = part.strip()
            if len(expression) > 3 and expression[0] == "s":
                pieces = expression[2:].split(expression[1])
                if len(pieces) >= 2 and pieces[0]:
                    yield next(iter(unknown_names(pieces[0])), pieces[0]), pieces[1]


def _steps(text: str, path: Path) -> tuple[list[Piece], bool]:
    """Shell texts of a workflow with the lines before each and the variables that hold there; and whether it is one."""
    if not any(f"{key}:" in text for key in _STEPS):
        return [], False
    documents = read_documents(text, path.name, Problems()) or []
    found: list[Piece] = []
    for tree in documents:
        if isinstance(tree, LocatedDict) and "$schema" not in tree:
            _collect(tree, {}, found)
    return found, bool(found)


def _collect(tree: Any, variables: dict[str, str], found: list[Piece]) -> None:
    if isinstance(tree, LocatedList):
        for item in tree:
            _collect(item, variables, found)
    if not isinstance(tree, LocatedDict):
        return
    here = dict(variables)
    for key in _VARIABLES & tree.keys():
        here.update(_declared(tree[key]))
    for key, value in tree.items():
        if key in _STEPS and isinstance(value, str):
            mark = tree.value_span(key)
            block = mark.end_line > mark.line  # a block scalar begins on the line after its | or >
            found.append((value, mark.line - (0 if block else 1), here))
        else:
            _collect(value, here, found)


def _declared(value: Any) -> Iterator[tuple[str, str]]:
    """``env: {A: 1}``, ``variables: {A: 1}`` and ``variables: [{name: A, value: 1}]``."""
    pairs: list[tuple[Any, Any]] = list(value.items()) if isinstance(value, LocatedDict) else []
    if isinstance(value, LocatedList):
        pairs = [(item.get("name"), item.get("value")) for item in value if isinstance(item, LocatedDict)]
    for name, text in pairs:
        if name and isinstance(text, str | int | float) and "${{" not in str(text):
            yield str(name), str(text)
