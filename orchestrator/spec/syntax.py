"""Why a text is not YAML, told so that its writer can mend it."""

from __future__ import annotations

import re
from typing import Final

from yaml import MarkedYAMLError
from yaml.reader import ReaderError

from orchestrator.core.tree import Mark
from orchestrator.spec.problems import Problems
from orchestrator.spec.text import beginning, place


def report_forbidden(error: ReaderError, text: str, name: str, problems: Problems) -> None:
    """Report a character that YAML does not allow."""
    character = error.character if isinstance(error.character, int) else ord(error.character)
    # libyaml counts bytes and the pure parser characters, so the place is found by looking for the character
    found = text.find(chr(character))
    problems.error(
        "invalid-encoding",
        f"The character U+{character:04X} is not allowed in YAML.",
        "Remove it, or write it as an escape in a double-quoted string.",
        place(name, text, found if found >= 0 else min(int(error.position), len(text))),
    )


def report_syntax(error: MarkedYAMLError, text: str, name: str, problems: Problems) -> None:
    """Report where the parser stopped, and where what it was reading began."""
    at, start = error.problem_mark, error.context_mark
    end = len(text.rstrip())
    if at is None or (start is not None and at.index >= end):
        at, start = start, None  # at the end of the file nothing is wrong; where it began something is not closed
    if at is not None and end and at.index >= end:
        problems.error("invalid-yaml", *_explain(error, text), place(name, text, end - 1))
        return
    mark = (name, at.line + 1, at.column + 1, at.line + 1, at.column + 2) if at is not None else beginning(name)
    related: list[tuple[str, Mark]] = []
    if start is not None and (start.line, start.column) != (mark[1] - 1, mark[2] - 1):
        related.append(("started here", (name, start.line + 1, start.column + 1, start.line + 1, start.column + 2)))
    problems.error("invalid-yaml", *_explain(error, text), mark, related=related)


_HINTS: Final = (
    (r"mapping values are not allowed", "Quote a value that contains ': ', or check the indentation."),
    (r"block mapping|block collection|block end", "Check the indentation, and that every '{' and '[' is closed."),
    (r"flow mapping|flow sequence", "Close every '{' and '[', and put commas between members."),
    (r"escape", "Write a backslash twice in double quotes, or use single quotes."),
    (r"quoted scalar|end of stream", "Close the quotes."),
    (r"simple key|could not find expected ':'", "Put ': ' after the key, and check the indentation."),
    (r"undefined alias|anchor|alias", "Quote a value that starts with '*' or '&'."),
    (r"directive|'%'", "Quote a value that starts with '%'."),
)


def _explain(error: MarkedYAMLError, text: str) -> tuple[str, str]:
    """What is wrong in words, and what to do."""
    problem = error.problem or "the text cannot be parsed"
    detail = f"The YAML parser stopped: {problem}" + (f" ({error.context})" if error.context else "") + "."
    mark = error.problem_mark
    if mark is not None:
        line = (text.splitlines() or [""])[min(mark.line, max(text.count("\n"), 0)) : mark.line + 1]
        character = line[0][mark.column : mark.column + 1] if line else ""
        if character == "\t" or (line and line[0][: mark.column].strip(" ") == "\t"):
            return detail, "Indent with spaces: YAML does not allow tabs there."
        if character in ("@", "`", "%"):
            return detail, f"Quote the value: unquoted text cannot start with '{character}'."
    for pattern, fix in _HINTS:
        if re.search(pattern, f"{problem} {error.context or ''}"):
            return detail, fix
    return detail, "Check quotes, brackets and indentation before this place."
