"""The OpenAPI document, written from the table of routes and the types of the records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from pydantic import TypeAdapter

from orchestrator import __version__
from orchestrator.reconcile.record import Condition, ConditionType, Counts, Entry, Record, Tried
from orchestrator.reconcile.server.routes import ROUTES, Door, Route

_TEXT: Final = {"type": "string"}
_TIME: Final = {"type": "string", "description": "ISO 8601; empty if there is none."}


def document() -> dict[str, Any]:
    """The whole document. Source of its shape: OpenAPI 3.1."""
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for route in ROUTES:
        paths[route.template][route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "amlctl reconcile",
            "version": __version__,
            "description": "How the projects of a reconcile loop are. Answers gain fields over time; unknown ones are to be ignored.",
        },
        "paths": dict(paths),
        "components": {
            "schemas": dict(_schemas()),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Hub-Signature-256",
                    "description": "`sha256=` and the HMAC-SHA-256 of the body with the shared secret, in hexadecimal digits.",
                },
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    parameters = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in route.parameters]
    if route.operation == "history":
        limit = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}
        parameters.append({"name": "limit", "in": "query", "required": False, "schema": limit})
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "responses": _responses(route),
    }
    if parameters:
        operation["parameters"] = parameters
    if route.door is not Door.OPEN:
        operation["security"] = [{route.door.value: []}]
    if route.door is Door.SIGNATURE:
        operation["requestBody"] = {"required": True, "content": {"*/*": {"schema": {}}}}
    return operation


def _responses(route: Route) -> dict[str, Any]:
    well = HTTPStatus.OK if route.method == "GET" else HTTPStatus.ACCEPTED
    answers: dict[str, Any] = {str(int(well)): {"description": route.summary, "content": _content(route)}}
    for status in _refusals(route):
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers[str(int(status))] = {"description": status.phrase, "content": problem}
    return answers


_EVERYWHERE: Final = (
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
"""What any path may answer: to another method, to a foreign host name, after a defect."""


def _refusals(route: Route) -> tuple[HTTPStatus, ...]:
    return (*_own_refusals(route), *_EVERYWHERE)


def _own_refusals(route: Route) -> tuple[HTTPStatus, ...]:
    if route.operation in ("healthz", "readyz"):
        return (HTTPStatus.SERVICE_UNAVAILABLE,)
    if route.door is Door.SIGNATURE:
        late = (HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT)
        return (HTTPStatus.FORBIDDEN, HTTPStatus.LENGTH_REQUIRED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, *late)
    found = (HTTPStatus.NOT_FOUND,) if route.parameters else ()
    if route.door is Door.TOKEN:
        return (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, *found, HTTPStatus.CONFLICT)
    return (HTTPStatus.BAD_REQUEST, *found) if route.operation == "history" else found


def _content(route: Route) -> dict[str, Any]:
    if "/" in route.answer:
        return {route.answer: {"schema": _TEXT}}
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{route.answer}"}}}


def _object(properties: Mapping[str, Any], description: str = "") -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties), "required": list(properties)}
    return {**schema, "description": description} if description else schema


def _list_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(schema)}


def _see(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _of(type_: type, left_out: Collection[str] = (), **extra: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a dataclass as it is shown: with all its fields, and nothing of how Python calls it.

    Args:
        left_out: fields that are not shown.
        extra: field to what is said in place of, or beside, what its type says.
    """
    found = TypeAdapter(type_).json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    fields = {name: _plain(schema) for name, schema in found["properties"].items() if name not in left_out}
    return _object({**fields, **extra})


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in ("title", "default")}


_FLAG: Final = {"type": "boolean"}
_SECONDS: Final = {"type": "number", "minimum": 0}
_COUNT: Final = {"type": "integer", "minimum": 0}
_TRIED: Final = {"anyOf": [_see("Tried"), {"type": "null"}], "description": "Null if there was none."}

_LIVE: Final[Mapping[str, Any]] = {
    "project": _TEXT,
    "running": _FLAG,
    "standing_by_for": {
        "type": "string",
        "description": "The other loop that reconciles this project; empty if there is none.",
    },
    "next_pass_in_s": {"anyOf": [_SECONDS, {"type": "null"}]},
}
"""What a status has beside the record: how the project is in this loop."""


@cache
def _schemas() -> Mapping[str, Any]:
    """Those of the records are written from their types."""
    return {
        "OpenAPI": {"type": "object", "description": "An OpenAPI document."},
        "Problem": _object({"title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT}),
        "Accepted": _object({"project": _TEXT, "action": {"enum": ["trigger", "suspend", "resume"]}}),
        "Projects": _object({"projects": _list_of(_see("Status"))}),
        "History": _object({"project": _TEXT, "passes": _list_of(_see("Pass"))}),
        "Condition": _of(Condition, type={"enum": [each.value for each in ConditionType]}, since=_TIME),
        "Counts": _of(Counts),
        "Tried": _of(Tried, at=_TIME),
        "Pending": _object(
            {"address": _TEXT, "action": _TEXT, "reason": _TEXT, "why": _TEXT, "cause": _TEXT, "drift": _FLAG},
            "A change that waits: why it waits, why the plan has it, and whether others changed the workspace.",
        ),
        "Status": _of(
            Record,
            ("history", "notified"),
            conditions=_list_of(_see("Condition")),
            attempted=_TRIED,
            applied=_TRIED,
            failures=_COUNT,
            retry_at=_TIME,
            pending=_list_of(_see("Pending")),
            waiting=_COUNT,
            drift={"type": "object", "additionalProperties": _TIME},
            last_success=_TIME,
            counts=_see("Counts"),
            **_LIVE,
        ),
        "Pass": _of(
            Entry, at=_TIME, until=_TIME, duration_s=_SECONDS, times={"type": "integer", "minimum": 1}, changed=_COUNT
        ),
    }
