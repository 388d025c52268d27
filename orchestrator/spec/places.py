"""Where a part of a string stands in the file."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.core.tree import Mark


class Places:
    """Finds parts of strings in the files they came from.

    Most strings are written as they read, so the place of a part follows from the place of the whole. For folded, escaped
    and block strings the file's text is searched; that is rare, so texts are fetched when first needed.
    """

    def __init__(self, text_of: Callable[[str], str]) -> None:
        self._text_of = text_of
        self._lines: dict[str, list[str]] = {}

    def within(self, mark: Mark, text: str, offset: int, length: int) -> Mark:
        """The place of ``text[offset:offset + length]``, where `mark` is the place of `text`."""
        name, line, column, end_line, end_column = mark
        quotes = end_column - column - len(text)
        if line == end_line and quotes in (0, 2):
            first = column + quotes // 2 + offset
            return (name, line, first, line, first + length)
        part = text[offset : offset + length]
        return self._search(mark, part, text.count(part, 0, offset)) or mark

    def _search(self, mark: Mark, part: str, skip: int) -> Mark | None:
        name, line, column, end_line, _ = mark
        lines = self._lines_of(name)
        for number in range(line, min(end_line, len(lines)) + 1):
            content = lines[number - 1]
            start = content.find(part, column - 1 if number == line else 0)
            while start >= 0:
                if skip == 0:
                    return (name, number, start + 1, number, start + len(part) + 1)
                skip -= 1
                start = content.find(part, start + len(part))
        return None

    def _lines_of(self, name: str) -> list[str]:
        if name not in self._lines:
            self._lines[name] = self._text_of(name).splitlines()
        return self._lines[name]
