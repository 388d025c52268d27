"""What ``run()`` is called with, from a request.

Source: azureml-inference-server-http 1.5.1: text for plain scripts, named values for scripts with inference-schema's decorators,
the parameters of the address for GET.
"""

from __future__ import annotations

import codecs
import inspect
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from .answers import Rejected
from .http import HttpRequest

_FORM = "application/x-www-form-urlencoded"
_QUOTING = "amlctl.quote"


def _quoted(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(f"%{byte:02X}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_QUOTING, _quoted)


def text_input(request: HttpRequest) -> str:
    """The body as text; for GET the address's parameters as a JSON object.

    Raises:
        Rejected: it is not UTF-8, or the method has no input.
    """
    if request.method == "GET":
        return json.dumps(parameters(request))
    try:
        return _posted(request).decode()
    except UnicodeDecodeError as error:
        raise Rejected(400, f"Input cannot be decoded as UTF-8: {error}") from None


def fields_input(request: HttpRequest, expected: Iterable[inspect.Parameter]) -> dict[str, Any]:
    """A value for each parameter, from the body's JSON object or the address.

    Raises:
        Rejected: the body is not a JSON object, or lacks one that has no default.
    """
    found = parameters(request) if request.method == "GET" else _object(request)
    values = {parameter.name: found.get(parameter.name, parameter.default) for parameter in expected}
    for name, value in values.items():
        if value is inspect.Parameter.empty:
            raise Rejected(400, f"A value is not provided for the {name!r} parameter.")
    return values


def parameters(request: HttpRequest) -> dict[str, Any]:
    """The address's parameters: each is read as JSON if it is some; one that occurs again is a list."""
    found: dict[str, list[Any]] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True, errors=_QUOTING):
        found.setdefault(name, []).append(_value(value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _posted(request: HttpRequest) -> bytes:
    # A form is read as a form by Flask, which leaves no body for the script. `curl -d` sends one unless told otherwise.
    if request.media_type == _FORM:
        return b""
    if request.media_type == "multipart/form-data" and "boundary=" in request.header("content-type").lower():
        return b""
    return request.body


def _object(request: HttpRequest) -> dict[str, Any]:
    kind = request.media_type
    if not (kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
        raise Rejected(415, "Expects Content-Type to be application/json")
    try:
        content = json.loads(request.body)
    except json.JSONDecodeError as error:
        if not request.body:
            raise Rejected(400, "POST body is empty. Expecting a JSON dictionary.") from None
        raise Rejected(400, f"POST body could not be decoded as JSON: {error}") from None
    if not isinstance(content, dict):
        raise Rejected(400, "POST body should be a JSON dictionary.")
    return content
