"""Characters that nobody sees: in a name they make another name of it, which looks the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.span import Span
from orchestrator.spec.body_problems import error


def unseen(text: str) -> list[str]:
    """The characters of a text that take no room, and spaces that are none of the keyboard."""
    if text.isascii():
        return []
    return [sign for sign in text if unicodedata.category(sign) in ("Cf", "Zl", "Zp") or sign == "\xa0"]


def described(signs: Sequence[str]) -> str:
    """The same in words."""
    return f"characters that cannot be seen: {', '.join(f'U+{ord(sign):04X}' for sign in signs)}"


def without(text: str, signs: Sequence[str]) -> str:
    """The text that is seen."""
    return "".join(sign for sign in text if sign not in signs)


def unseen_problem(text: str, what: str, span: Span, address: Address | None) -> Diagnostic | None:
    """An error about a name with such characters; None if it has none.

    Args:
        what: the name's place, as the subject of a sentence.
    """
    signs = unseen(text)
    if not signs:
        return None
    return error("invalid-name", f"{what} has {described(signs)}.", f"Write '{without(text, signs)}'.", span, address)


def is_name(key: Any) -> bool:
    """Whether a field of this name holds a name."""
    return isinstance(key, str) and (key == "name" or key.endswith("_name"))
