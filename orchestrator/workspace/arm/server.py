"""An HTTPS server on loopback, one thread for each connection."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from orchestrator.core.errors import BackendError
from orchestrator.workspace.arm.messages import Answer, Request, WireError, translate
from orchestrator.workspace.arm.tls import ADDRESS

IDLE_S: Final = 120.0
"""A connection on which nothing comes for so long is closed, seconds."""

MAX_BODY: Final = 512 * 1024 * 1024
"""Largest body taken, bytes. The client of blob storage sends files above 64 MiB in blocks."""

_log = logging.getLogger("orchestrator.arm")

Respond = Callable[[Request], Answer]


class Dropped(Exception):
    """The connection shall end without an answer."""


class WireServer:
    """Answers HTTPS requests with a function until it is closed.

    Args:
        respond: may raise `WireError`, `BackendError` and `Dropped`.
        context: the server's certificate.
        port: 0 means any that is free.
    """

    def __init__(self, respond: Respond, context: ssl.SSLContext, port: int = 0) -> None:
        self._server = _Listener((ADDRESS, port), _handler(respond), context)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="arm", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"https://{ADDRESS}:{self.port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and close what is still open."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext
    ) -> None:
        self._context = context
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        connection.settimeout(IDLE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The handshake is left to the connection's own thread: one slow client must not keep the others waiting.
        wrapped = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(wrapped)
        return wrapped, peer

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.debug("a connection ended early", exc_info=True)

    def server_close(self) -> None:
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


def _handler(respond: Respond) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "amlctl"
        sys_version = ""
        wbufsize = -1

        def _serve(self) -> None:
            request = self._request()
            try:
                answer = _answer(respond, request)
            except Dropped:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"x-ms-request-id": str(uuid.uuid4()), **answer.headers}.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers and answer.status >= 200:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            self.wfile.flush()

        def _request(self) -> Request:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            size = min(int(headers.get("content-length") or 0), MAX_BODY)
            query = {name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
            base = f"https://{headers.get('host', ADDRESS)}"
            return Request(self.command, unquote(parts.path), query, headers, self.rfile.read(size), base)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            _log.debug(format, *args)

    return Handler


def _answer(respond: Respond, request: Request) -> Answer:
    try:
        return respond(request)
    except WireError as error:
        return error.answer()
    except BackendError as error:
        return translate(error).answer()
    except Dropped:
        raise
    except Exception as error:
        _log.exception("%s %s failed", request.method, request.path)
        return WireError(500, "InternalServerError", f"{type(error).__name__}: {error}").answer()
