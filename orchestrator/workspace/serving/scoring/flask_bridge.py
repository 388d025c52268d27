"""Scripts that use Flask: ``@rawhttp``, ``AMLRequest``, ``AMLResponse``, ``flask.request``.

Flask is there only if the deployment's environment has it, as with the package azureml-inference-server-http.
"""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from .answers import RUN_FAILED_HEADER, Answer
from .http import HttpRequest

_RAW = ("azureml_inference_server_http.api.aml_request", "azureml.contrib.services.aml_request")
_FRAMING = frozenset({"content-type", "content-length", "transfer-encoding", "connection"})


def wants_raw_request() -> bool:
    """Whether the script that was just imported decorated something with ``@rawhttp``."""
    return any(getattr(sys.modules.get(name), "_rawHttpRequested", False) for name in _RAW)


class FlaskBridge:
    """Gives scripts Flask's request, and takes Flask's responses. Create it when Flask is imported already."""

    def __init__(self) -> None:
        self._flask = importlib.import_module("flask")
        self._app = self._flask.Flask("scoring")

    @classmethod
    def if_used(cls) -> FlaskBridge | None:
        """A bridge if the script imported Flask, however indirectly."""
        return cls() if "flask" in sys.modules else None

    def call(self, request: HttpRequest, run: Callable[[Any], Any], answer: Callable[[Any], Answer]) -> Answer:
        """Call ``run`` with Flask's request while it is the current one, then make an answer of the result.

        Args:
            answer: for a result that is no response of Flask's.
        """
        environ = wsgi_environ(request)
        with self._app.request_context(environ):
            result = run(self._flask.request)
            if not isinstance(result, self._flask.Response):
                return answer(result)
            if result.status_code >= 500:
                result.headers[RUN_FAILED_HEADER] = "True"
            return _sent(result, environ)


def request_headers(request: HttpRequest) -> dict[str, str]:
    """The headers as Flask shows them: ``X-Ms-Client-Request-Id``."""
    return {name.title(): value for name, value in _joined(request).items()}


def wsgi_environ(request: HttpRequest) -> dict[str, Any]:
    """The request as WSGI has it. Source: PEP 3333."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in _joined(request).items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ


def _joined(request: HttpRequest) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in request.headers:
        if "_" not in name:  # would be taken for the one with hyphens
            found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _sent(response: Any, environ: dict[str, Any]) -> Answer:
    heads: list[tuple[str, list[tuple[str, str]]]] = []
    parts = response(environ, lambda status, headers, exc_info=None: heads.append((status, headers)))
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = heads[-1]
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    kept = tuple((name, value) for name, value in headers if name.lower() not in _FRAMING and _one_line(name + value))
    return Answer(int(status.split(" ", 1)[0]), body, kind if _one_line(kind) else "", kept)


def _one_line(text: str) -> bool:
    return "\r" not in text and "\n" not in text
