"""What a scoring server says of its own requests and answers: ``/swagger.json``.

Source: azureml-inference-server-http 1.5.1, whose documents these are: version 2 where none is asked for, 3 and 3.1, or files of
the user's own beside the script. `tests/e2e/test_scoring_reference.py` runs both side by side.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from .answers import RUN_FAILED_HEADER, Answer, empty, message
from .http import HttpRequest
from .model import UnusableModel

PATH = "/swagger.json"

_ALIASES = {"2": ("2", "2.0"), "3": ("3", "3.0"), "3.1": ("3.1",)}
_FILES = {"2": ("swagger.json", "swagger2.json"), "3": ("swagger3.json",), "3.1": ("swagger3.1.json",)}
ALL_VERSIONS = ("2.0", "3.0", "3.1")
"""As the package inference-schema calls them."""


class Documents:
    """The documents of one model.

    Args:
        folder: where the user's own files are, which come first.
        takes: schema of a request's body; whatever is an object where None.
        gives: schema of an answer's body.
        versions: those that the schemas can be put in, under any of their names.

    Raises:
        UnusableModel: a file of the user's own is no JSON.
    """

    def __init__(
        self, folder: Path, takes: Any = None, gives: Any = None, versions: Iterable[str] = ALL_VERSIONS
    ) -> None:
        possible, anything = set(versions), {"type": "object", "example": {}}
        takes, gives = (anything if schema is None else schema for schema in (takes, gives))
        self._documents: dict[str, Any] = {}
        for version, aliases in _ALIASES.items():
            own = next(filter(None, (_own_file(folder / name) for name in _FILES[version])), None)
            if own is not None or possible.intersection(aliases):
                self._documents[version] = own or _document(version, takes, gives)

    def answer(self, request: HttpRequest) -> Answer:
        """Answer a request for ``/swagger.json``."""
        if request.method == "OPTIONS":
            return empty()
        if request.method not in ("GET", "HEAD"):
            return message(405, "The method is not allowed for the requested URL.")
        requested = parse_qs(request.query, keep_blank_values=True).get("version", ["2"])[0]
        version = next((version for version, aliases in _ALIASES.items() if requested in aliases), None)
        supported = ", ".join(sorted(self._documents))
        if version is None:
            return message(404, f"Swagger version [{requested}] is not valid. Supported versions: [{supported}].")
        if version not in self._documents:
            return message(
                404,
                f"Swagger version [{requested}] is not supported for the scoring script. "
                f"Supported swagger versions: [{supported}].",
            )
        body = json.dumps(self._documents[version]).encode()
        return Answer(200, body, headers=((RUN_FAILED_HEADER, "False"),))


def _own_file(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise UnusableModel(f"{path.name} is not JSON: {error}.") from error


def _document(version: str, takes: Any, gives: Any) -> dict[str, Any]:
    name = os.environ.get("SERVICE_NAME", "ML service")
    prefix = os.environ.get("SERVICE_PATH_PREFIX", "").strip("/")
    info = {
        "title": name,
        "description": f"API specification for the Azure Machine Learning service {name}",
        "version": os.environ.get("SERVICE_VERSION", "1.0"),
    }
    schemas = {
        "ServiceInput": takes,
        "ServiceOutput": gives,
        "ErrorResponse": {"type": "object", "properties": {"message": {"type": "string"}}},
    }
    key = {"type": "apiKey", "name": "Authorization", "in": "header", "description": "For example: Bearer abc123"}
    writer = _Version2() if version == "2" else _Version3()
    paths = {(f"/{prefix}" if prefix else "") + path: item for path, item in _paths(writer).items()}
    if version == "2":
        return {
            "swagger": "2.0",
            "info": info,
            "schemes": ["https"],
            "consumes": ["application/json"],
            "produces": ["application/json"],
            "securityDefinitions": {"Bearer": key},
            "paths": paths,
            "definitions": schemas,
        }
    return {
        "openapi": "3.0.3" if version == "3" else "3.1.0",
        "info": info,
        "security": [{"Bearer": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"Bearer": key}},
    }


class _Version2:
    """How version 2 says it."""

    references = "#/definitions/"

    def answers(self, text: str, schema: Mapping[str, Any], kind: str, example: str = "") -> dict[str, Any]:
        """One answer of a path."""
        shown = {"examples": {"application/json": example}} if example else {}
        return {"description": text, "schema": schema, **shown}

    def body(self, text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """What a path takes."""
        return {"parameters": [{"name": "serviceInputPayload", "in": "body", "description": text, "schema": schema}]}

    def choice(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The type of a parameter in the address."""
        return schema


class _Version3:
    """How versions 3 and 3.1 say it."""

    references = "#/components/schemas/"

    def answers(self, text: str, schema: Mapping[str, Any], kind: str, example: str = "") -> dict[str, Any]:
        """One answer of a path."""
        shown = {**schema, "example": example} if example else schema
        return {"description": text, "content": {kind: {"schema": shown}}}

    def body(self, text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """What a path takes."""
        return {"requestBody": {"description": text, "content": {"application/json": {"schema": schema}}}}

    def choice(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The type of a parameter in the address."""
        return {"schema": schema}


def _paths(writer: Any) -> dict[str, Any]:
    def refers(name: str) -> dict[str, str]:
        return {"$ref": writer.references + name}

    failed = writer.answers(
        "The service failed to execute due to an error.", refers("ErrorResponse"), "application/json"
    )
    healthy = "If service is up and running, this response will be returned with the content 'Healthy'"
    scored = "The service processed the input correctly and provided a result prediction, if applicable."
    text = {"type": "string"}
    version = {"name": "version", "in": "query", "required": False}
    return {
        "/": {
            "get": {
                "operationId": "ServiceHealthCheck",
                "description": "Simple health check endpoint to ensure the service is up at any given point.",
                "responses": {"200": writer.answers(healthy, text, "text/plain", "Healthy"), "default": failed},
            }
        },
        "/score": {
            "post": {
                "operationId": "RunMLService",
                "description": "Run web service's model and get the prediction output",
                "security": [{"Bearer": []}],
                **writer.body(
                    "The input payload for executing the real-time machine learning service.", refers("ServiceInput")
                ),
                "responses": {
                    "200": writer.answers(scored, refers("ServiceOutput"), "application/json"),
                    "default": failed,
                },
            }
        },
        PATH: {
            "get": {
                "operationId": "GetSwaggerSpec",
                "description": "Get the Swagger specification.",
                "parameters": [{**version, **writer.choice({"type": "integer", "enum": [2, 3]})}],
                "responses": {
                    "200": writer.answers("The Swagger specification.", text, "text/plain"),
                    "default": failed,
                },
            }
        },
    }
