"""Lists in pages, as the service gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from orchestrator.core.errors import Invalid
from orchestrator.workspace.arm.messages import Answer, WireRequest
from orchestrator.workspace.arm.wire_store import all_tags, system_data
from orchestrator.workspace.records.record import Record

T = TypeVar("T")

PAGE: Final = 100
"""Items of one page where the caller does not say less. Ours; the service's is not documented."""


def page(request: WireRequest, items: Sequence[T], view: Callable[[T], Any], size: int = PAGE) -> Answer:
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


def filtered(request: WireRequest, records: Sequence[Record]) -> list[Record]:
    """Records, oldest first, that the query asks for by name, tag, version, description and type of compute, in its order.

    Source: REST specification, lists of endpoints, deployments, models and data: ``name``, ``tags`` (``a,b=c``: with the tag ``a``
    and with ``b`` of value ``c``), ``version``, ``description``, ``computeType``, ``orderBy``.
    """
    query = request.query
    tags = [part.partition("=") for part in (query.get("tags") or query.get("$tags") or "").split(",") if part]
    filters: Mapping[str, Callable[[Record], Any]] = {
        "version": lambda record: record.revision,
        "description": lambda record: record.body.get("description"),
    }
    found = [
        record
        for record in records
        if named(request, record.name)
        and all(_has(all_tags(record), name.strip(), value if equals else None) for name, equals, value in tags)
        and all(not query.get(field) or of(record) == query[field] for field, of in filters.items())
        and query.get("computetype", record.variant).lower() == record.variant.lower()
    ]
    order = query.get("orderby", "").lower()
    if order.startswith("updated"):
        found.sort(key=lambda record: str(system_data(record).get("lastModifiedAt", "")))
    return found[::-1] if order.endswith("desc") else found


def named(request: WireRequest, name: str) -> bool:
    """Whether the query asks for a name: with ``name``, ``names`` or a part of it, ``searchText``; without any, for all."""
    query = request.query
    listed = [each.strip().lower() for each in query.get("names", "").split(",") if each.strip()]
    only = query.get("name", name).lower()
    return (
        only == name.lower()
        and (not listed or name.lower() in listed)
        and query.get("searchtext", "").lower() in name.lower()
    )


def _has(tags: Mapping[str, str], name: str, value: str | None) -> bool:
    return name in tags and value in (None, tags[name])


def _number(request: WireRequest, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise Invalid(f"{name} must be a whole number, not {text!r}.")
    return int(text)
