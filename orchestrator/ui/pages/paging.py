"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from orchestrator.ui.addresses import with_query

PAGE: Final = 100
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Paged(Generic[Item]):
    """Some items of a list.

    Attributes:
        total: how many there are in all.
        number: of this page, from 1.
        previous, next: addresses of the pages beside it; empty if there is none.
    """

    items: Sequence[Item]
    total: int
    number: int
    pages: int
    previous: str
    next: str


def paged(items: Sequence[Item], path: str, query: Mapping[str, str]) -> Paged[Item]:
    """The page that ``page`` of the query asks for; the nearest one if there is no such page."""
    pages = max(1, -(-len(items) // PAGE))
    asked = query.get("page", "")
    number = min(max(1, int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 1), pages)
    others = {name: value for name, value in query.items() if name != "page"}

    def link(page: int) -> str:
        return with_query(path, **others, page=page) if 1 <= page <= pages else ""

    shown = items[(number - 1) * PAGE : number * PAGE]
    return Paged(shown, len(items), number, pages, link(number - 1), link(number + 1))
