"""Which files of a folder of code are left out of a snapshot: ignore files, read as azure-ai-ml reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.core.plain_files import read_plain_text

ALWAYS: Final = (".git", "__pycache__/", "*.pyc", ".amlignore", ".gitignore", ".ipynb_checkpoints/")
"""Never content of code, unless a rule says ``!NAME``: other tools' droppings, and the ignore files themselves."""

IGNORE_FILES: Final = (".amlignore", ".gitignore")
"""The first that is there holds."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Rules of one folder. The last that matches a file decides.

    Attributes:
        rules: expressions over relative POSIX paths, each with whether it leaves out (or takes in again).
    """

    rules: tuple[tuple[re.Pattern[str], bool], ...]

    def __call__(self, path: str) -> bool:
        """Whether the file at a relative POSIX path is left out."""
        return self._last(path) is True

    def asks_for(self, path: str) -> bool:
        """Whether a rule takes the file in again."""
        return self._last(path) is False

    def _last(self, path: str) -> bool | None:
        return next((out for pattern, out in reversed(self.rules) if pattern.match(path)), None)

    def whole(self, folder: str) -> bool:
        """Whether nothing below a folder (which ends with ``/``) can be taken, so that nobody need look."""
        return self(folder) and all(out for _, out in self.rules)


def ignore_rules(folder: Path) -> Ignored:
    """Rules for a folder of code.

    ``.amlignore`` wins over ``.gitignore``; only one of them is read, and only at the top of the folder. Rules are about files: one that
    is taken in again with ``!`` is taken even below a folder that is left out, which git would not do. Source: azure-ai-ml.
    """
    lines: list[str] = list(ALWAYS)
    found = next((folder / name for name in IGNORE_FILES if (folder / name).is_file()), None)
    if found is not None:
        lines += read_plain_text(found, errors="replace").splitlines()
    return Ignored(tuple(_compiled(lines)))


def _compiled(lines: Iterable[str]) -> Iterable[tuple[re.Pattern[str], bool]]:
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#") or text == "/":
            continue
        expression = _expression(text.removeprefix("!"))
        if expression is not None:
            yield expression, not text.startswith("!")


def _expression(pattern: str) -> re.Pattern[str] | None:
    """A rule's pattern over whole paths; None if it means nothing.

    Not `pathspec`: what it makes of ``folder/*`` and ``[^a]`` has changed since azure-ai-ml took it over.
    Source: azure-ai-ml, compared in a test.
    """
    parts = pattern.split("/")
    parts = [part for at, part in enumerate(parts) if part != "**" or at == 0 or parts[at - 1] != "**"]
    if parts == ["**", ""]:
        return re.compile(r".+/.*\Z", re.DOTALL)
    if not parts[0]:
        del parts[0]
    elif (len(parts) == 1 or parts[1:] == [""]) and parts[0] != "**":
        parts.insert(0, "**")  # a bare name holds at every depth
    if not parts:
        return None
    if not parts[-1] and len(parts) > 1:
        parts[-1] = "**"
    try:
        return re.compile(_joined(parts), re.DOTALL)
    except (ValueError, re.error):
        return None


def _joined(parts: list[str]) -> str:
    last = len(parts) - 1
    text, slash = "", False
    for at, part in enumerate(parts):
        if part == "**":
            if at == 0:
                text += ".+" if at == last else "(?:.+/)?"
            else:
                text += "/.*" if at == last else "(?:/.+)?"
            slash = 0 < at < last
            continue
        text += ("/" if slash else "") + ("[^/]+" if part == "*" else _segment(part))
        text += "(?:/.*)?" if at == last else ""
        slash = True
    return text + r"\Z"


def _segment(glob: str) -> str:
    text, at = "", 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "\\":
            if at == len(glob):
                raise ValueError(glob)
            text += re.escape(glob[at])
            at += 1
        elif char == "*":
            text += "[^/]*"
        elif char == "?":
            text += "[^/]"
        elif char == "[" and (end := _bracket(glob, at)):
            inner = glob[at : end - 1]
            sign = "^" if inner[:1] == "!" else "\\^" if inner[:1] == "^" else ""
            rest = inner[1:] if sign else inner
            text += "[" + sign + rest.replace("\\", "\\\\") + "]"
            at = end
        else:
            text += re.escape(char)
    return text


def _bracket(glob: str, at: int) -> int:
    """Where a bracket expression ends, behind its bracket; 0 if it does not. A ``]`` right at its beginning is a member."""
    start = at + (glob[at : at + 1] == "!")
    start += glob[start : start + 1] == "]"
    return glob.find("]", start) + 1
