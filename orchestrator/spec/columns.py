"""Fields that name columns, against the table that they name them of, where its columns can be known before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pydantic import BaseModel

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, did_you_mean
from orchestrator.core.field_mark import Columns
from orchestrator.core.fields import FieldNode, node_of, root_node
from orchestrator.core.resource import Desired
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, LocatedList, dotted
from orchestrator.core.tree import Path as Place
from orchestrator.core.value import LocalFiles, Reference
from orchestrator.spec.body_problems import error
from orchestrator.spec.draft import Draft

TableColumns: TypeAlias = Callable[[Path], Sequence[str] | None]
"""The columns of the table at a path; None where they cannot be told."""

_LISTED = 12
"""Columns that a message lists; a table may have thousands."""


class _Named(NamedTuple):
    """A column that a body names: its name, the path of the field, its place, and the mark of the field."""

    name: str
    field: Place
    span: Span
    mark: Columns


def unknown_columns(
    draft: Draft, resources: Mapping[Address, Desired], columns_at: TableColumns
) -> Iterator[Diagnostic]:
    """One error for each column that a body names and its table has not. Tables that cannot be read here have all columns."""
    model = draft.kind.variants.get(draft.variant)
    node = root_node(draft.kind, draft.variant)
    named = list(_named(draft.body, node, ())) if model is None or _names_columns(model) else []
    if not named:
        return
    known = {}
    for table in dict.fromkeys(name for found in named for name in (found.mark.table, *found.mark.also)):
        files = _files(resources[draft.address].properties.get(table), resources)
        known[table] = columns_at(files.path) if files is not None and files.manifest else None
    for found in named:
        for table in (found.mark.table, *found.mark.also):
            columns = known[table]
            if columns is not None and found.name not in columns:
                yield _unknown(draft, found, table, columns)
                break


@cache
def _names_columns(model: type[BaseModel]) -> bool:
    """Whether a body may name columns at all: few do, and each would be walked."""
    return _marked(node_of(model), {})


def _marked(node: FieldNode, seen: dict[int, FieldNode]) -> bool:
    """Whether it or anything below names columns.

    Args:
        seen: the nodes above and beside, since models may contain themselves.
    """
    if id(node) in seen:
        return False
    seen[id(node)] = node
    inner = [*(node.fields or {}).values(), *([node.item] if node.item is not None else [])]
    return node.mark(Columns) is not None or any(_marked(child, seen) for child in inner)


def _named(tree: Any, node: FieldNode, path: Place) -> Iterator[_Named]:
    if isinstance(tree, LocatedDict):
        for key, value in tree.items():
            child = node.child(key)
            mark = child.mark(Columns)
            if mark is None:
                yield from _named(value, child, (*path, key))
            elif mark.keys:
                spans = ((name, value.key_span(name)) for name in value) if isinstance(value, LocatedDict) else ()
                yield from (_Named(name, (*path, key), span, mark) for name, span in spans)
            elif isinstance(value, str):
                yield _Named(value, (*path, key), tree.value_span(key), mark)
            elif isinstance(value, LocatedList):
                texts = [(at, name) for at, name in enumerate(value) if isinstance(name, str)]
                yield from (_Named(name, (*path, key), value.value_span(at), mark) for at, name in texts)
    elif isinstance(tree, LocatedList):
        for number, value in enumerate(tree):
            yield from _named(value, node.child(number), (*path, number))


def _files(table: Any, resources: Mapping[Address, Desired]) -> LocalFiles | None:
    """The local files of a table: its own, or those of the data asset of this spec that it names."""
    path = table.get("path") if isinstance(table, Mapping) else None
    if isinstance(path, Reference) and not path.external and path.attribute == "id" and path.target in resources:
        path = resources[path.target].properties.get("path")
    return path if isinstance(path, LocalFiles) else None


def _unknown(draft: Draft, found: _Named, table: str, columns: Sequence[str]) -> Diagnostic:
    more = f", … ({len(columns)} in all)" if len(columns) > _LISTED else ""
    listed = f"The columns are: {', '.join(columns[:_LISTED])}{more}."
    near = did_you_mean(found.name, columns, "")
    return error(
        "unknown-column",
        f"'{dotted(found.field)}' of {draft.address} names the column '{found.name}', which {table} does not have.",
        f"{near} {listed}".strip(),
        found.span,
        draft.address,
    )
