"""Values of our own language must be known by reading: no references, secrets or texts made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.tree import Path, dotted, span_at
from orchestrator.core.value import Reference, Secret, Template, Unknown
from orchestrator.spec.body_problems import error

_SPECIAL: Final = (Reference, Secret, Template)


def not_plain(address: Address, tree: Any, path: Path, *, code: str, fix: str) -> list[Diagnostic]:
    """An error for each value below a path that only the apply can know, at its place."""
    return [
        error(
            code,
            f"'{dotted(place)}' of {address} must be known before apply; it cannot be a secret or a value known after apply.",
            fix,
            span_at(tree, place),
            address,
        )
        for place, value in _leaves(_below(tree, path), path)
        if isinstance(value, _SPECIAL)
    ]


def has_unknown(value: Any) -> bool:
    """Whether an expression inside had no value, which has been said."""
    return any(isinstance(leaf, Unknown) for _, leaf in _leaves(value, ()))


def _below(tree: Any, path: Path) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, (*path, number))
    else:
        yield path, value
