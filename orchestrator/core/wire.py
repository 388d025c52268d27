"""How a kind looks in the service's REST interface, for the embedded workspace's own server: pure data and pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWire:
    """A kind of which only a record is kept: it is put, read, listed and deleted, at once.

    Attributes:
        collection: part of its addresses below the workspace: ``connections``.
        properties: a CLI v2 body as ``properties``; secrets in it are digests or missing.
        body: the way back, with secrets in the open.
        marks: member of ``properties`` in which marks of ownership stand beside texts of the user.
        hidden: members of ``properties`` that the service never returns.
        secrets: last part of the address that returns ``properties`` with what is hidden.
    """

    collection: str
    properties: Callable[[Mapping[str, Any]], dict[str, Any]]
    body: Callable[[Mapping[str, Any]], dict[str, Any]]
    marks: str
    hidden: tuple[str, ...]
    secrets: str


def pascal(text: str) -> str:
    """``read_only`` as ``ReadOnly``."""
    return "".join(part.capitalize() for part in text.split("_"))


def camel(text: str) -> str:
    """``read_only`` as ``readOnly``."""
    first, *rest = text.split("_")
    return first + "".join(part.capitalize() for part in rest)


def folded(text: Any) -> str:
    """A word in which neither case nor underscores count: clients spell categories in several ways."""
    return str(text).replace("_", "").lower()


def without_nothing(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The members that have a value."""
    return {name: value for name, value in tree.items() if value is not None}
