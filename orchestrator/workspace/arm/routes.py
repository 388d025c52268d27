"""Which function answers which method and path: Starlette's routes, in the order in which they win."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import Scope as AsgiScope

from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.scope import Scope


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its function.

    Attributes:
        scope: the workspace as the caller calls it.
        names: what stands in the path where the pattern has a name in braces.
    """

    request: WireRequest
    scope: Scope
    names: Mapping[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[[Call], Answer]


class Answering(Route):
    """A route whose path is compared without regard to case. Source: Azure Resource Manager, resource ids.

    Attributes:
        handler: answers; `find` gives it to the caller, so that faults can be put around it.
        summary: what it does, in one sentence; empty if its method and path say it.
        kind: of the resources that it is about; empty if there is none.
    """

    def __init__(
        self, path: str, handler: Handler, methods: Sequence[str] | None, summary: str = "", kind: str = ""
    ) -> None:
        super().__init__(path, handler, methods=methods)
        if methods is None:
            self.methods = None  # Starlette takes GET for what a function says nothing about
        self.handler = handler
        self.summary = summary
        self.kind = kind
        self.path_regex = re.compile(self.path_regex.pattern, re.IGNORECASE)

    @property
    def collection(self) -> str:
        """The last fixed part of the path."""
        return next((part for part in reversed(self.path.split("/")) if not part.startswith("{")), "")

    def below(self, prefix: str) -> Answering:
        """The same route at a longer path."""
        methods = sorted(self.methods) if self.methods else None
        return Answering(prefix + self.path, self.handler, methods, self.summary, self.kind)


class _Below(Mount):
    """Routes below a path that is compared without regard to case."""

    def __init__(self, path: str, routes: Sequence[BaseRoute]) -> None:
        super().__init__(path, routes=routes)
        self.path_regex = re.compile(self.path_regex.pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A route that fits a request, and the names in its path."""

    route: Answering
    names: Mapping[str, str]


class Routes:
    """A table of paths such as ``computes/{name}``, each with its method and function.

    Args:
        kind: of the resources that all of them are about; empty if it is none or several.
    """

    def __init__(self, kind: str = "") -> None:
        self._kind = kind
        self._table: list[BaseRoute] = []

    def add(self, method: str, path: str, handler: Handler, summary: str = "") -> None:
        """Add a route. Those added first win.

        Args:
            method: ``*`` stands for any.
            path: without a slash at its beginning.
        """
        self._table.append(Answering(f"/{path}", handler, None if method == "*" else [method], summary, self._kind))

    def include(self, more: Routes) -> None:
        """Put another table behind this one."""
        self._table += more._table

    def mount(self, path: str, inner: Routes) -> None:
        """Put another table below a path. Its route for the empty path answers for the path itself."""
        itself = [each for each in inner.listed() if each.path == "/"]
        for each in itself:
            methods = sorted(each.methods) if each.methods else None
            self._table.append(Answering(f"/{path}", each.handler, methods, each.summary, each.kind))
        self._table.append(_Below(f"/{path}", [each for each in inner._table if each not in itself]))

    def find(self, method: str, path: str) -> Found | None:
        """The route for a path and the names in it; None if no route has this path.

        Raises:
            WireError: there are only routes for other methods.
        """
        methods: set[str] = set()
        found = _find(self._table, {"type": "http", "method": method, "path": path, "root_path": ""}, methods)
        if found is None and methods:
            raise WireError(405, "MethodNotAllowed", f"{method} is not allowed for '{path}'.")
        return found

    def listed(self, prefix: str = "") -> Iterator[Answering]:
        """All routes, with their whole paths."""
        yield from _listed(self._table, prefix)


def _find(table: Sequence[BaseRoute], scope: AsgiScope, methods: set[str]) -> Found | None:
    for route in table:
        match, inner = route.matches(scope)
        if match is Match.NONE:
            continue
        if isinstance(route, Mount):
            found = _find(route.routes, {**scope, **inner}, methods)
            if found is not None:
                return found
        elif isinstance(route, Answering):
            if match is Match.FULL:
                return Found(route, inner["path_params"])
            methods |= route.methods or set()
    return None


def _listed(table: Sequence[BaseRoute], prefix: str) -> Iterator[Answering]:
    for route in table:
        if isinstance(route, Mount):
            yield from _listed(route.routes, prefix + route.path)
        elif isinstance(route, Answering):
            yield route.below(prefix) if prefix else route
