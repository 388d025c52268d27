"""Text that is made for wide terminals, on narrow ones: columns that do not fit go to the next line, sentences are wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from orchestrator.report.style import STYLING

_COLUMN: Final = re.compile(r"\S+(?: \S+)*")
_WORD: Final = re.compile(r"\S+")
_HANG: Final = 4
_GAP: Final = 3
_LEAST: Final = 20
"""Narrower terminals than this get lines of this length."""

_RESET: Final = "\x1b[0m"


def folded(text: str, width: int) -> str:
    """A text in lines that are not longer than the terminal is wide.

    Columns, with two spaces or more between them, stay where they are as far as they fit; the others go to lines of their own,
    indented. Words are never broken, so that addresses can be copied. Colours of `Style` take no room.

    Args:
        width: characters of a line; 0 leaves all lines as they are.
    """
    if width <= 0:
        return text
    return "\n".join(piece for line in text.split("\n") for piece in _folded(line, max(width, _LEAST)))


def _folded(line: str, width: int) -> Iterator[str]:
    plain, codes = _uncoloured(line)
    if len(plain) <= width:
        yield line
        return
    indent = len(plain) - len(plain.lstrip(" "))
    hang = min(indent + _HANG, width // 2)
    for row in _rows(plain, width, hang):
        yield "".join(" " * gap + _coloured(plain, codes, start, end) for gap, start, end in row)


_Row = list[tuple[int, int, int]]
"""Spaces before a piece, and where in the line it begins and ends."""


def _rows(plain: str, width: int, hang: int) -> list[_Row]:
    rows: list[_Row] = [[]]
    at = 0
    for column in _COLUMN.finditer(plain):
        start, end = column.span()
        gap = start - at if len(rows) == 1 else _GAP
        if at + gap + end - start <= width:
            rows[-1].append((gap, start, end))
            at += gap + end - start
            continue
        if rows[-1]:
            rows.append([])
            gap = hang
        at = 0
        for number, (first, last) in enumerate(_pieces(plain, start, end, width, gap, hang)):
            if number:
                rows.append([])
            before = hang if number else gap
            rows[-1].append((before, first, last))
            at = before + last - first
    return rows


def _pieces(plain: str, start: int, end: int, width: int, gap: int, hang: int) -> Iterator[tuple[int, int]]:
    """A column in pieces that fit; the first one has `gap` before it, the others `hang`."""
    first = last = start
    room = width - gap
    for word in _WORD.finditer(plain, start, end):
        if word.end() - first > room and last > first:
            yield first, last
            first, room = word.start(), width - hang
        last = word.end()
    yield first, last


def _uncoloured(line: str) -> tuple[str, list[str]]:
    """The characters of a line, and the colour of each."""
    plain: list[str] = []
    codes: list[str] = []
    code = ""
    for number, part in enumerate(STYLING.split(line)):
        if number % 2:
            code = "" if part == _RESET else part
        else:
            plain.append(part)
            codes += [code] * len(part)
    return "".join(plain), codes


def _coloured(plain: str, codes: list[str], start: int, end: int) -> str:
    found, now = [], ""
    for place in range(start, end):
        if codes[place] != now:
            found.append((_RESET if now else "") + codes[place])
            now = codes[place]
        found.append(plain[place])
    return "".join([*found, _RESET if now else ""])
