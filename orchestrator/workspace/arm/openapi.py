"""The OpenAPI document of the wire, written from its routes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

from orchestrator.workspace.arm.routes import Answering

_TEXT: Final = {"type": "string"}
_PARAMETER = re.compile(r"\{(\w+)(:\w+)?\}")
_ANY: Final = ("GET", "HEAD", "PUT", "DELETE")
"""What a route for any method stands for in the document. Source: Azure Storage REST reference, blob service."""

_VERBS: Final = {"GET": "Get", "HEAD": "Head", "PUT": "CreateOrUpdate", "PATCH": "Update", "DELETE": "Delete"}
_SUMMARIES: Final = {
    "List": "List {}.", "Get": "Get one of {}.", "CreateOrUpdate": "Create or update one of {}.",
    "Update": "Change one of {}.", "Delete": "Delete one of {}.",
}  # fmt: skip

_SCHEMAS: Final[Mapping[str, Any]] = {
    "Resource": {
        "type": "object",
        "description": "A resource of Azure Resource Manager.",
        "properties": {
            **dict.fromkeys(("id", "name", "type", "location"), _TEXT),
            "tags": {"type": "object", "additionalProperties": _TEXT},
            "properties": {"type": "object"},
            "systemData": {"type": "object"},
        },
    },
    "Resources": {
        "type": "object",
        "properties": {
            "value": {"type": "array", "items": {"$ref": "#/components/schemas/Resource"}},
            "nextLink": {"type": "string", "description": "Where the next page is; left out on the last."},
        },
    },
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {**dict.fromkeys(("code", "message", "target"), _TEXT), "details": {"type": "array"}},
            }
        },
    },
}


def document(public: Iterable[Answering], private: Iterable[Answering]) -> dict[str, Any]:
    """The whole document. Source of its shape: OpenAPI 3.1.

    Args:
        public: routes that need no token, or take another proof.
        private: those that need one.
    """
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    needs: tuple[tuple[Iterable[Answering], list[dict[str, list[str]]]], ...] = (
        (public, []),
        (private, [{"token": []}]),
    )
    for routes, security in needs:
        for route in routes:
            path = _PARAMETER.sub(r"{\1}", route.path)
            for method in methods(route):
                paths[path].setdefault(method.lower(), {**_operation(route, method), "security": security})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "amlctl workspace serve --arm",
            "version": version("amlctl"),
            "description": "What the embedded workspace answers of Azure's REST API. Paths are compared without regard to case.",
        },
        "paths": dict(paths),
        "components": {
            "schemas": dict(_SCHEMAS),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def methods(route: Answering) -> tuple[str, ...]:
    """The methods under which a route is listed; HEAD goes without saying where there is GET."""
    return tuple(sorted(route.methods - {"HEAD"})) if route.methods else _ANY


def _operation(route: Answering, method: str) -> dict[str, Any]:
    noun, verb = _noun_and_verb(route, method)
    names = [name for name, _ in _PARAMETER.findall(route.path)]
    operation: dict[str, Any] = {
        "operationId": f"{noun}_{verb}",
        "summary": route.summary or _SUMMARIES.get(verb, "{} of one of {}.").format(*_words(route, verb)),
        "parameters": [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in names],
        "responses": {
            "200": {"description": HTTPStatus.OK.phrase, **_json("Resources" if verb == "List" else "Resource")},
            "default": {"description": "It cannot be answered as it wishes.", **_json("Error")},
        },
    }
    if route.kind:
        operation |= {"tags": [route.kind], "x-amlctl-kind": route.kind}
    if method in ("PUT", "PATCH"):
        operation["requestBody"] = {**_json("Resource"), "required": method == "PUT"}
    if not route.kind:  # neither a resource nor a list of them
        operation["responses"]["200"] = {"description": HTTPStatus.OK.phrase, "content": {"*/*": {}}}
        if "requestBody" in operation:
            operation["requestBody"]["content"] = {"*/*": {}}
    return operation


def _noun_and_verb(route: Answering, method: str) -> tuple[str, str]:
    parts = route.path.strip("/").split("/")
    literals = [part for part in parts if not part.startswith("{")]
    last = parts[-1]
    if method == "POST" and len(literals) > 1:
        verb = literals.pop()
    elif route.summary.startswith("List ") or (
        method == "GET" and route.kind and not last.startswith("{") and last == route.collection
    ):
        verb = "List"
    else:
        verb = _VERBS.get(method, "Do")
    if route.methods is None:
        verb += "Any"
    inside = literals[literals.index("workspaces") + 1 :] if "workspaces" in literals else []
    if route.kind and (inside or last == "{workspace}"):
        literals = inside or ["workspaces"]
    elif "subscriptions" in literals:
        literals = [each for each in literals if each not in ("subscriptions", "providers")]
    return "".join(map(_camel, literals)) or "Root", _camel(verb)


def _words(route: Answering, verb: str) -> tuple[str, ...]:
    noun = route.kind.replace("_", " ").replace(".", " ") or "these"
    return (noun,) if verb in _SUMMARIES else (verb, noun)


def _camel(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text))


def _json(schema: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
