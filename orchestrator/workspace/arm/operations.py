"""Long-running operations. Nothing is kept of them: the records say how far they are."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.health import Health
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest, error_body
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.records.record import Record, RecordKey

POLL_S: Final = 1
"""After how many seconds a client shall ask again: the least that the wire can say."""

IN_PROGRESS, SUCCEEDED, FAILED = "InProgress", "Succeeded", "Failed"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on some records.

    Attributes:
        verb: ``put``: done when they are healthy. ``delete``: done when they are gone. ``cancel``: done when they run no more.
    """

    verb: str
    keys: tuple[RecordKey, ...]

    def token(self) -> str:
        """The operation's id."""
        text = json.dumps([self.verb, *map(list, self.keys)])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, token: str) -> Operation:
        """Read `token` back.

        Raises:
            WireError: it is no operation's id.
        """
        try:
            verb, *keys = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            return cls(str(verb), tuple(RecordKey(*key) for key in keys))
        except (ValueError, TypeError):
            raise WireError(404, "OperationNotFound", "The operation was not found.") from None


class Operations:
    """Starts operations and answers how far they are."""

    def __init__(self, wire_store: WireStore) -> None:
        self._wire_store = wire_store

    def accepted(
        self, request: WireRequest, scope: Scope, operation: Operation, body: Mapping[str, Any] | None, status: int
    ) -> Answer:
        """The answer to a request that started an operation."""
        place = f"{request.base}/subscriptions/{scope.subscription}/providers/{PROVIDER}/locations/local"
        token = operation.token()
        headers = {
            "Azure-AsyncOperation": f"{place}/mfeOperationsStatus/{token}",
            "Location": f"{place}/mfeOperationResults/{token}",
            "Retry-After": str(POLL_S),
        }
        if body is None:
            return Answer(status, b"", headers)
        return Answer.of(body, status, headers)

    def register(self, subscription: Routes) -> None:
        """Answer for them, below a subscription."""
        place = "providers/{provider}/locations/{location}"
        subscription.add("GET", f"{place}/mfeOperationsStatus/{{operation}}", self._status)
        subscription.add("GET", f"{place}/mfeOperationResults/{{operation}}", self._result)

    def _status(self, call: Call) -> Answer:
        """How far an operation is."""
        token = call.names["operation"]
        operation = Operation.parse(token)
        records = [self._wire_store.look(key) for key in operation.keys]
        state, problem = _state(operation.verb, records)
        body: dict[str, Any] = {"id": token, "name": token[-32:], "status": state, "percentComplete": _PERCENT[state]}
        if problem is not None:
            body["error"] = problem
        headers = {"Retry-After": str(POLL_S)} if state == IN_PROGRESS else {}
        return Answer.of(body, 200, headers)

    def _result(self, call: Call) -> Answer:
        """The answer at ``Location``: 202 as long as the operation goes on."""
        operation = Operation.parse(call.names["operation"])
        state, _ = _state(operation.verb, [self._wire_store.look(key) for key in operation.keys])
        return Answer(202, b"", {"Retry-After": str(POLL_S)}) if state == IN_PROGRESS else Answer(200)


_PERCENT = {IN_PROGRESS: 50, SUCCEEDED: 100, FAILED: 100}


def _state(verb: str, records: Sequence[Record | None]) -> tuple[str, dict[str, Any] | None]:
    if verb == "delete":
        return (IN_PROGRESS if any(record is not None for record in records) else SUCCEEDED), None
    for record in records:
        if record is None or record.deleting:
            return FAILED, error_body("ResourceNotFound", "The resource was deleted in the meantime.")
        if verb == "put" and record.health is Health.DEGRADED:
            return FAILED, error_body("OperationFailed", record.message or f"{record.address} failed.")
    working = any(record is not None and record.health is Health.PROGRESSING for record in records)
    return (IN_PROGRESS if working else SUCCEEDED), None


def provisioning_state(record: Record) -> str:
    """The state of a resource in the wire's words."""
    if record.deleting:
        return "Deleting"
    if record.health is Health.PROGRESSING:
        return "Creating" if record.generation == 1 else "Updating"
    return "Failed" if record.health is Health.DEGRADED else "Succeeded"
