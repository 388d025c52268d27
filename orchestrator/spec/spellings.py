"""Words of a field in other spellings: in any case, or as one word with capitals inside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from orchestrator.core.field_mark import Spelling

ANY_CASE: Final = Spelling()
_WORDS: Final = (re.compile(r"(.)([A-Z][a-z]+)"), re.compile(r"([a-z0-9])([A-Z])"))


def as_allowed(text: str, allowed: Iterable[str], spelling: Spelling = ANY_CASE) -> str | None:
    """The allowed word that a text spells; None if it spells none.

    Source: azure-ai-ml, ``StringTransformedEnum`` and ``camel_to_snake``.
    """
    if spelling.exact:
        return None
    fold = _snake if spelling.camel else str.lower
    return next((option for option in allowed if fold(option) == fold(text)), None)


def _snake(text: str) -> str:
    for pattern in _WORDS:
        text = pattern.sub(r"\1_\2", text)
    return text.lower()
