"""The files behind ``paths`` of an ``MLTable``: all in its own folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .unsupported import Mistake, Unsupported

NAME: Final = "MLTable"
_REMOTE: Final = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]*:", re.IGNORECASE)


def files_of(folder: Path, paths: Any) -> list[Path]:
    """The files in the order in which ``paths`` names them; those of a folder or pattern sorted.

    Raises:
        Mistake: something is not there, or outside of the folder.
        Unsupported: a path is a URL.
    """
    if not isinstance(paths, list) or not paths:
        raise Mistake("it has no list of `paths`")
    return [file for entry in paths for file in _of_entry(folder, entry)]


def _of_entry(folder: Path, entry: Any) -> Iterator[Path]:
    ways = [way for way in ("file", "folder", "pattern") if isinstance(entry, Mapping) and way in entry]
    if len(ways) != 1 or len(entry) != 1:
        raise Mistake(f"each of `paths` has one of file, folder and pattern; this is {entry}")
    text = str(entry[ways[0]])
    if _REMOTE.match(text):
        raise Unsupported(f"the path {text.partition('?')[0]}, which is a URL")
    path = posixpath.normpath(text.removeprefix("file://").removeprefix("file:"))
    if path.startswith(("/", "../")) or path == "..":
        raise Mistake(f"'{text}' is outside of its folder")
    found = list(_found(folder, ways[0], path))
    if not found:
        raise Mistake(f"there is no {ways[0]} '{text}'")
    yield from found


def _found(folder: Path, way: str, path: str) -> Iterator[Path]:
    if way == "file":
        if (folder / path).is_file():
            yield folder / path
        return
    expression = re.compile(_expression(path)) if way == "pattern" else None
    start = folder if expression is not None else folder / path
    for file in sorted(start.rglob("*")):
        relative = file.relative_to(folder).as_posix()
        if file.is_file() and relative != NAME and (expression is None or expression.fullmatch(relative)):
            yield file


def _expression(pattern: str) -> str:
    text = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return text.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
