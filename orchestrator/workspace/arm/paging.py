"""Lists in pages, as the service gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from orchestrator.core.errors import Invalid
from orchestrator.workspace.arm.messages import Answer, Request

T = TypeVar("T")

PAGE: Final = 100
"""Items of one page where the caller does not say less. Ours; the service's is not documented."""


def page(request: Request, items: Sequence[T], view: Callable[[T], Any], size: int = PAGE) -> Answer:
    """The page that ``$skip`` asks for, with ``nextLink`` if there is more. ``$top`` and ``count`` bound the page.

    Args:
        items: all of them.
        view: how one is shown; asked only for those of the page.

    Raises:
        Invalid: one of them is no number.
    """
    start = _number(request, "$skip", 0)
    top = _number(request, "$top", 0)
    size = min(size, _number(request, "count", size) or size)
    end = start + (min(top, size) if top else size)
    answer: dict[str, Any] = {"value": [view(item) for item in items[start:end]]}
    if end < len(items) and not top:
        query = {**request.query, "$skip": str(end)}
        answer["nextLink"] = f"{request.base}{quote(request.path)}?{urlencode(query)}"
    return Answer.of(answer)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise Invalid(f"{name} must be a whole number, not {text!r}.")
    return int(text)
