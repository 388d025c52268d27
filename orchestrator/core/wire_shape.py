"""Bodies of a kind in the words of the service's REST interface, derived from the kind's models: a kind says what differs from camel case.

Pure. The embedded workspace's server shows records with it, the Azure backend reads what the service returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from orchestrator.core.field_mark import Alias, Computed
from orchestrator.core.fields import FieldNode, node_of
from orchestrator.core.folds import seconds
from orchestrator.core.kind import Spec
from orchestrator.core.tree import value_at
from orchestrator.core.wire import camel, pascal, snake, without_nothing

_BESIDE: Final = frozenset(
    {"$schema", "schema_", "name", "id", "version", "tags", "creation_context", "endpoint_name", "identity"}
)
"""Fields that do not stand among the properties: the address says them, or the resource does beside its properties."""

_Path = tuple[str, ...]


@dataclass(frozen=True)
class WireShape:
    """What of a kind's bodies is not simply in camel case.

    Attributes:
        model: of the bodies.
        names: field of a body to member of ``properties``, both with dots: ``model`` to ``model.assetId``. Inner fields follow.
        words: fields whose words are in Pascal case there.
        unsent: fields that the service has not.
        beside: members of ``properties`` that go along with one that is there: ``model.assetId`` to ``{"model.referenceType": "Id"}``.
    """

    model: type[Spec]
    names: Mapping[str, str] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    unsent: frozenset[str] = frozenset()
    beside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def _root(self) -> FieldNode:
        return node_of(self.model)

    def properties(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A body as ``properties``."""
        found: dict[str, Any] = {}
        for place, value in self._sent(body, self._root, (), ()):
            _put(found, place, value)
            for more, fixed in self.beside.get(".".join(place), {}).items():
                _put(found, tuple(more.split(".")), fixed)
        return found

    def body(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """``properties`` as a body; what the models do not have is left out."""
        return without_nothing(self._read(properties, self._root, (), ()) or {})

    def _sent(self, body: Mapping[str, Any], node: FieldNode, path: _Path, place: _Path) -> Iterator[tuple[_Path, Any]]:
        for name, value in body.items():
            here = (*path, name)
            child = node.child(name)
            if value is None or self._left_out(here, child):
                continue
            there = self._place(here, place)
            if child.fields is not None and isinstance(value, Mapping):
                yield from self._sent(value, child, here, there)
            else:
                yield there, self._translated(value, child, here, self._items, pascal)

    def _read(self, properties: Mapping[str, Any], node: FieldNode, path: _Path, place: _Path) -> dict[str, Any] | None:
        found: dict[str, Any] = {}
        for name, child in (node.fields or {}).items():
            here = (*path, name)
            if self._left_out(here, child):
                continue
            there = self._place(here, place)
            value = value_at(properties, there)
            if child.fields is not None and (value is None or isinstance(value, Mapping)):
                found[name] = self._read(properties, child, here, there)
            elif value is not None and value != {} and value != []:
                found[name] = self._translated(value, child, here, self._bodies, snake)
        return without_nothing(found) or None

    def _place(self, path: _Path, place: _Path) -> _Path:
        said = self.names.get(".".join(path))
        return (*place, camel(path[-1])) if said is None else tuple(said.split("."))

    def _left_out(self, path: _Path, node: FieldNode) -> bool:
        top = len(path) == 1 and path[0] in _BESIDE
        return (
            top
            or ".".join(path) in self.unsent
            or node.mark(Computed) is not None
            or path[-1].endswith("_")
            or "$" in path[-1]
        )

    def _translated(
        self,
        value: Any,
        node: FieldNode,
        path: _Path,
        inner: Callable[[Mapping[str, Any], FieldNode, _Path], Any],
        spelling: Callable[[str], str],
    ) -> Any:
        if isinstance(value, list) and node.item is not None and node.item.fields is not None:
            return [inner(item, node.item, path) if isinstance(item, Mapping) else item for item in value]
        if ".".join(path) in self.words:
            return [spelling(str(word)) for word in value] if isinstance(value, list) else spelling(str(value))
        alias: Alias | None = node.mark(Alias)
        if alias is not None and alias.fold is seconds:
            return f"PT{value:g}S" if spelling is pascal and isinstance(value, int | float) else seconds(value)
        return value

    def _items(self, item: Mapping[str, Any], node: FieldNode, path: _Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place, value in self._sent(item, node, path, ()):
            _put(found, place, value)
        return found

    def _bodies(self, item: Mapping[str, Any], node: FieldNode, path: _Path) -> dict[str, Any]:
        return self._read(item, node, path, ()) or {}


def _put(tree: dict[str, Any], path: _Path, value: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value
