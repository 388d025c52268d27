"""How the service behaves in time: one operation on an endpoint at once, and lists that lag behind writes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from orchestrator.core.errors import BackendError
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest

Respond = Callable[[WireRequest], Answer]

_WRITES: Final = ("PUT", "PATCH", "DELETE")
_BUSY: Final = ("creating", "updating", "deleting")
"""Provisioning states of what an operation is going on with."""

_WORKSPACE: Final = 8
"""Parts of the path of a workspace."""


def one_at_a_time(respond: Respond) -> Respond:
    """A function that refuses a write to an online endpoint while an operation on it goes on; otherwise it answers as `respond`.

    An endpoint is busy while one of its deployments is; a deployment while its endpoint is.

    Source: Azure ML documentation, troubleshoot online endpoints, HTTP status code 409: "When an operation is already in
    progress, any new operation on that same online endpoint responds with a 409 conflict error". That two deployments of one
    endpoint may be worked on at once is assumed, and that a request that is repeated joins its own operation: clients repeat those
    whose answer was lost.
    """

    written: dict[str, tuple[str, bytes]] = {}

    def answer(request: WireRequest) -> Answer:
        place, said = request.path.lower(), (request.method, request.content())
        if request.method in _WRITES and any(_excluded(request.path)):
            for path in _excluded(request.path) if written.get(place) != said else ():
                for name, state in _states(respond, replace(request, path=path)):
                    if state in _BUSY:
                        text = f"Another operation is in progress: '{name}' is {state}. Try again when it has ended."
                        raise WireError(HTTPStatus.CONFLICT, "Conflict", text)
            written[place] = said
        return respond(request)

    return answer


def _excluded(path: str) -> Iterator[str]:
    """Paths of what must not be worked on while something is written at a path."""
    parts = [part for part in path.split("/") if part]
    match [part.lower() for part in parts[_WORKSPACE:]]:
        case ["onlineendpoints", _]:
            yield path
            yield f"{path}/deployments"
        case ["onlineendpoints", _, "deployments", _]:
            yield "/" + "/".join(parts[:-2])
            yield path


def _states(respond: Respond, request: WireRequest) -> Iterator[tuple[str, str]]:
    """Names and states of the resource, or of the list, at a path."""
    tree = shown(respond, request)
    for found in (tree or {}).get("value", [tree] if tree else []):
        yield str(found.get("name")), str(found.get("properties", {}).get("provisioningState")).lower()


def shown(respond: Respond, request: WireRequest) -> dict[str, Any] | None:
    """What a GET of the same path answers; None if that is no object."""
    try:
        found = respond(replace(request, method="GET", body=b"", upload=None))
    except (WireError, BackendError):
        return None
    tree = json.loads(found.body) if found.status == HTTPStatus.OK and found.body else None
    return tree if isinstance(tree, dict) else None


@dataclass(frozen=True, slots=True)
class _Write:
    """A write that lists do not know of yet.

    Attributes:
        until: when they will.
        name: of what was written, in lower case.
        before: as it was before the first such write; None if it was not there.
    """

    until: float
    name: str
    before: Mapping[str, Any] | None


class Lagging:
    """Answers as `respond` does, but lists show what there was some time ago.

    A resource itself can be read at once. Source: measured by users of the service (issues of azure-ai-ml: a list right after
    a create lacks it); how long it takes is not documented.

    Args:
        lag_s: how far lists lag behind writes, seconds.
        clock: seconds that rise.
    """

    def __init__(self, respond: Respond, lag_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._respond = respond
        self._lag_s = lag_s
        self._clock = clock
        self._writes: dict[str, dict[str, _Write]] = {}
        self._using = threading.Lock()

    def __call__(self, request: WireRequest) -> Answer:
        """Answer a request."""
        parts = [part for part in request.path.split("/") if part]
        below = parts[_WORKSPACE:]
        if request.method == "GET":
            return self._listed(request, self._recent(parts))
        if request.method not in _WRITES or not below or len(below) % 2:
            return self._respond(request)
        befores = [(parts[:end], shown(self._respond, _at(request, parts[:end]))) for end in _resources(parts)]
        answer = self._respond(request)
        if answer.status < HTTPStatus.BAD_REQUEST:
            self._remember(befores)
        return answer

    def _remember(self, befores: Sequence[tuple[Sequence[str], Mapping[str, Any] | None]]) -> None:
        until = self._clock() + self._lag_s
        with self._using:
            for parts, before in befores:
                writes = self._writes.setdefault(_folded(parts[:-1]), {})
                name = parts[-1].lower()
                known = writes.get(name)
                fresh = known is None or known.until < self._clock()
                writes[name] = _Write(until, name, before if fresh or known is None else known.before)

    def _recent(self, parts: Sequence[str]) -> Sequence[_Write]:
        now = self._clock()
        with self._using:
            writes = self._writes.get(_folded(parts), {})
            for name in [name for name, write in writes.items() if write.until < now]:
                del writes[name]
            return list(writes.values())

    def _listed(self, request: WireRequest, recent: Sequence[_Write]) -> Answer:
        answer = self._respond(request)
        tree = json.loads(answer.body) if recent and answer.status == HTTPStatus.OK else None
        if not isinstance(tree, dict) or "value" not in tree:
            return answer
        old = {write.name: write.before for write in recent}
        kept = []
        for item in tree["value"]:
            name = str(item.get("name")).lower()
            before = old.pop(name) if name in old else item
            kept += [before] if before is not None else []
        kept += [before for before in old.values() if before is not None]  # deleted, and lists have not heard of it
        return Answer.of({**tree, "value": kept}, answer.status, answer.headers)


def _resources(parts: Sequence[str]) -> Iterator[int]:
    """Where the paths of a resource, and of those that it is inside of, end: a version of an asset brings its container about."""
    return iter(range(len(parts), _WORKSPACE, -2))


def _at(request: WireRequest, parts: Sequence[str]) -> WireRequest:
    return replace(request, path="/" + "/".join(parts), query={"api-version": request.query.get("api-version", "")})


def _folded(parts: Sequence[str]) -> str:
    return "/".join(parts).lower()
