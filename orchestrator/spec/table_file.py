"""The files that an ``MLTable`` names: in its own folder, or somewhere that is no local path."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.plain_files import read_plain_text
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents

NAME: Final = "MLTable"
_REMOTE: Final = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]*:", re.IGNORECASE)
_WAYS: Final = ("file", "folder", "pattern")


class TableProblem(NamedTuple):
    """What is wrong with an ``MLTable``: the code of a diagnostic, the end of a sentence about the table, the fix."""

    code: str
    detail: str
    fix: str


def table_problems(folder: Path, manifest: Collection[str]) -> Iterator[TableProblem]:
    """What is wrong with the ``MLTable`` of a folder, all at once.

    The asset is the folder: what lies elsewhere on this machine is not there when the table is read.
    Source: Azure ML documentation, MLTable: paths are relative to the folder of the file, or URLs.

    Args:
        folder: absolute.
        manifest: relative paths of what is taken.
    """
    aside = Problems()
    try:
        text = read_plain_text(folder / NAME)
    except (OSError, UnicodeDecodeError):
        return  # said elsewhere
    documents = read_documents(text, NAME, aside)
    for problem in aside.errors:
        yield TableProblem("invalid-value", f"is not valid YAML: {problem.detail.rstrip('.')}", "Correct the file.")
    body: Any = documents[0] if documents else None
    if not isinstance(body, dict) or not isinstance(body.get("paths"), list):
        if not aside.errors:
            yield TableProblem("invalid-value", "has no list of `paths`", "Write `paths: [{file: ./NAME.csv}]`.")
        return
    for entry in body["paths"]:
        for way in _WAYS:
            if isinstance(entry, dict) and isinstance(entry.get(way), str) and not _REMOTE.match(entry[way]):
                yield from _named(way, entry[way], manifest)


def _named(way: str, text: str, manifest: Collection[str]) -> Iterator[TableProblem]:
    path = posixpath.normpath(text.removeprefix("file://").removeprefix("file:"))
    if path.startswith(("/", "../")) or path == "..":
        detail = f"refers to the {way} '{text}', which is outside its folder and is not uploaded"
        yield TableProblem("outside-table", detail, "Move the data next to the MLTable, or use a URL.")
    elif way == "file" and path not in manifest:
        fix = did_you_mean(path, manifest, "Correct the path; it is relative to the MLTable.")
        yield TableProblem("missing-file", f"refers to the file '{text}', which is not in its folder", fix)
    elif way == "folder" and path != "." and not any(name.startswith(f"{path}/") for name in manifest):
        yield TableProblem(
            "missing-file", f"refers to the folder '{text}', which is missing or empty", "Correct the path."
        )
    elif way == "pattern" and not any(_matches(name, path) for name in manifest):
        yield TableProblem("missing-file", f"has the pattern '{text}', which matches no files", "Correct the pattern.")


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name, pattern.replace("**/", ""))
