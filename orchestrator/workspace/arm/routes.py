"""Which function answers which method and path."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from orchestrator.workspace.arm.messages import Answer, Request, WireError
from orchestrator.workspace.arm.scope import Scope


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its function.

    Attributes:
        scope: the workspace as the caller calls it.
        names: what stands in the path where the pattern has a name in braces.
    """

    request: Request
    scope: Scope
    names: Mapping[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[[Call], Answer]


class Routes:
    """A table of patterns such as ``GET computes/{name}``. Fixed parts are compared without regard to case."""

    def __init__(self) -> None:
        self._table: list[tuple[str, tuple[str, ...], Handler]] = []

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Add a pattern. Those added first win."""
        self._table.append((method, tuple(pattern.split("/")) if pattern else (), handler))

    def find(self, method: str, parts: Sequence[str]) -> tuple[Handler, Mapping[str, str]]:
        """The function for a path, and the names in it.

        Raises:
            WireError: there is none for this path, or none for this method.
        """
        methods = set()
        for known, pattern, handler in self._table:
            names = _match(pattern, parts)
            if names is not None and known == method:
                return handler, names
            if names is not None:
                methods.add(known)
        path = "/".join(parts)
        if methods:
            raise WireError(405, "MethodNotAllowed", f"{method} is not possible for '{path}'.")
        raise WireError(404, "NotSupportedLocally", f"The embedded workspace has no '{path}'; see the parity table.")


def _match(pattern: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    rest = bool(pattern) and pattern[-1].startswith("{*")
    if len(parts) < len(pattern) if rest else len(parts) != len(pattern):
        return None
    names: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=False):
        if wanted.startswith("{"):
            names[wanted.strip("{*}")] = part
        elif wanted.lower() != part.lower():
            return None
    if rest:
        names[pattern[-1].strip("{*}")] = "/".join(parts[len(pattern) - 1 :])
    return names
