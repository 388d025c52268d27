"""The grammar of expressions: where they are in a text, and what is literal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_OPENING: Final = re.compile(r"\$\$\{|\$\{\{(?:.*?\}\})?|\$\{", re.DOTALL)
_BODY: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*)((?:\.[A-Za-z0-9_@:/+-]+)*)\s*")


@dataclass(frozen=True, slots=True)
class Expression:
    """One ``${root.path}``.

    Attributes:
        root: the first word: ``var``, ``env``, ``jobs``, …; empty if the expression is malformed.
        path: what follows it, without the first dot.
        text: as written, braces included.
        offset: of the text in the string around it.
        closed: it has its closing brace.
    """

    root: str
    path: str
    text: str
    offset: int
    closed: bool = True


def split(text: str) -> list[str | Expression]:
    """Split a string into literal text and expressions.

    ``$${`` becomes a literal ``${``. ``${{ … }}`` belongs to Azure ML and stays literal.
    """
    parts: list[str | Expression] = []
    literal, position = "", 0
    while found := _OPENING.search(text, position):
        literal += text[position : found.start()]
        opening, position = found.group(), found.end()
        if opening == "$${":
            literal += "${"
        elif opening.startswith("${{"):
            literal += opening
        else:
            if literal:
                parts.append(literal)
                literal = ""
            expression = _expression(text, found.start())
            parts.append(expression)
            position = expression.offset + len(expression.text)
    literal += text[position:]
    if literal:
        parts.append(literal)
    return parts


def _expression(text: str, start: int) -> Expression:
    end = text.find("}", start)
    if end < 0:
        return Expression("", "", text[start:], start, closed=False)
    whole = text[start : end + 1]
    body = _BODY.fullmatch(whole, 2, len(whole) - 1)
    if body is None:
        return Expression("", "", whole, start)
    return Expression(body.group(1), body.group(2)[1:], whole, start)
