"""Names as people spell them: ``light_gbm``, ``LightGBM`` and ``lightgbm`` are one algorithm."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .refusal import JobRefused


def squash(name: str) -> str:
    """The name without case and separators, for comparing."""
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()


def canonical(name: str, known: Iterable[str], *, what: str) -> str:
    """The known name that is meant.

    Raises:
        JobRefused: there is none; the text lists what is known.
    """
    by_key = {squash(each): each for each in known}
    found = by_key.get(squash(name))
    if found is not None:
        return found
    near = difflib.get_close_matches(squash(name), by_key, n=1)
    hint = f"; did you mean {by_key[near[0]]}?" if near else ""
    raise JobRefused(f"{what} {name!r} is not known{hint} Known: {', '.join(sorted(by_key.values()))}.")
