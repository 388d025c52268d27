"""Operations that are told to go on, or to have failed, whatever the records say: for tests of clients that wait."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.workspace.arm.messages import Answer, WireRequest, error_body

_HEADER = "azure-asyncoperation"


@dataclass(slots=True)
class _Told:
    """What is told about one resource.

    Attributes:
        token: of the operation.
        state: of the resource while the operation goes on.
        left: so many more questions find it going on.
        failure: code and message of its end; None if it ends well.
    """

    token: str
    state: str
    left: int
    failure: tuple[str, str] | None


class Pretences:
    """What is told about resources, by path. May be used from several threads at once."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}
        self._using = threading.Lock()

    def start(self, request: WireRequest, answer: Answer, polls: int, failure: tuple[str, str] | None) -> Answer:
        """Tell of the operation that a request has just started.

        Args:
            answer: to the request; one that names no operation is left as it is.
            polls: so many questions, about the operation or about the resource, find it going on.
        """
        address = next((value for name, value in answer.headers.items() if name.lower() == _HEADER), "")
        if not address:
            return answer
        told = _Told(address.rsplit("/", 1)[-1], "Creating" if answer.status == 201 else "Updating", polls, failure)
        with self._using:
            self._told[request.path.lower()] = told
        return _edited(answer, lambda body: _say(body, request.path, told.state, None))

    def of_operation(self, request: WireRequest) -> Answer | None:
        """How an operation is, if something is told about it."""
        token = request.path.rsplit("/", 1)[-1]
        with self._using:
            path, told = next(((p, t) for p, t in self._told.items() if t.token == token), ("", None))
            if told is None or request.method != "GET":
                return None
            if told.left:
                told.left -= 1
                return Answer.of({"status": "InProgress"}, headers={"Retry-After": "1"})
            if told.failure is None:
                del self._told[path]
                return None
            return Answer.of({"status": "Failed", "error": error_body(*told.failure)})

    def forget(self, request: WireRequest) -> None:
        """A resource that is written again is as its records say."""
        if request.method != "GET":
            with self._using:
                self._told.pop(request.path.lower(), None)

    def shown(self, request: WireRequest, answer: Answer) -> Answer:
        """The answer to a read of a resource, or of a list with it, as it is told."""
        if request.method != "GET":
            return answer
        asked = request.path.lower()
        with self._using:
            concerned = [path for path in self._told if asked in (path, path.rpartition("/")[0])]
            for path in concerned:
                answer = self._shown(path, answer)
        return answer

    def clear(self) -> None:
        """Tell nothing any more."""
        with self._using:
            self._told.clear()

    def _shown(self, path: str, answer: Answer) -> Answer:
        told = self._told[path]
        if told.left:
            told.left -= 1
            return _edited(answer, lambda body: _say(body, path, told.state, None))
        if told.failure is None:
            del self._told[path]
            return answer
        return _edited(answer, lambda body: _say(body, path, "Failed", told.failure))


def _edited(answer: Answer, edit: Callable[[Any], None]) -> Answer:
    if not answer.body:
        return answer
    body = json.loads(answer.body)
    edit(body)
    return replace(answer, body=json.dumps(body).encode())


def _say(body: Any, path: str, state: str, failure: tuple[str, str] | None) -> None:
    """Write the state of a resource into its own body or that of a list."""
    for resource in body.get("value", [body]):
        if str(resource.get("id", "")).lower() == path.lower():
            properties = resource["properties"]
            properties["provisioningState"] = state
            if failure is not None and "/computes/" in path.lower():
                # Source: REST specification, Compute: provisioningErrors.
                properties["provisioningErrors"] = [{"error": error_body(*failure)}]
