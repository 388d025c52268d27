"""Serves an `Api` on a socket: one thread that listens, a bounded number that answer."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6, socket
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from orchestrator.core.errors import UnsupportedSetup
from orchestrator.reconcile.server.messages import Request, Response, problem

Answer: TypeAlias = Callable[[Request], Response]
Watch: TypeAlias = Callable[[str, Mapping[str, object]], None]

_SLOWEST_S: Final = 10.0
"""A sender that is silent for longer is cut off, so that nobody holds a thread."""
_MOST_AT_ONCE: Final = 32
_PIECE: Final = 64 * 1024
_LONGEST_IGNORED: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen.

    Attributes:
        host: an address of this machine. Only programs on this machine reach the default.
        port: 0 takes any free one.
    """

    host: str = "127.0.0.1"
    port: int = 8642

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return _is_loopback(self.host)


@contextmanager
def serving(answer: Answer, listen: Listen, watch: Watch) -> Iterator[str]:
    """Serve while the context lasts. Requests that are being answered at its end are answered.

    Returns:
        The address, ``http://127.0.0.1:8642``.

    Raises:
        UnsupportedSetup: the port is taken, or the host is none of this machine.
    """
    try:
        server = _Server(answer, listen, watch)
    except OSError as error:
        raise UnsupportedSetup(
            f"The server cannot listen on {listen.host}:{listen.port} ({error.strerror or error}).",
            fix="Choose another port, or end the program that has it.",
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="http", daemon=True)
    thread.start()
    try:
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, answer: Answer, listen: Listen, watch: Watch) -> None:
        self.address_family = AF_INET6 if ":" in listen.host else AF_INET
        self.answer = answer
        self.listen = listen
        self.watch = watch
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)
        super().__init__((listen.host, listen.port), _Handler)

    def server_bind(self) -> None:
        """Without the base class's look at the name service, which may take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(timeout=_SLOWEST_S):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        self.watch("http.broken", {"client": str(client_address[0])})


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SLOWEST_S
    server_version = "amlctl"
    sys_version = ""
    _left = 0

    def do_GET(self) -> None:
        self._respond()

    def do_HEAD(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Requests are no events of the loop."""

    def _respond(self) -> None:
        """Answer and hang up: what is left of a body is never taken for the next request."""
        self.close_connection = True
        response = self._answer()
        self.send_response(response.status)
        headers = {
            "Content-Type": response.content_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in {**headers, **response.headers, "Content-Length": str(len(response.body))}.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        for _ in self._pieces(min(self._left, _LONGEST_IGNORED)):
            """A body that nobody wanted. Hanging up on it would take the answer back from the sender."""

    def _answer(self) -> Response:
        if self.server.listen.loopback and not _is_loopback(_host_name(self.headers.get("Host", ""))):
            # A web page elsewhere can point its own name at this machine and so read through a browser; its name gives it away.
            return problem(HTTPStatus.MISDIRECTED_REQUEST, "This server answers to names of this machine only.")
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = self._length()
        self._left = length or 0
        request = Request(
            self.command,
            unquote(parts.path),
            dict(parse_qsl(parts.query)),
            headers,
            length,
            lambda: self._pieces(self._left),
        )
        try:
            return self.server.answer(request)
        except Exception as error:
            self.server.watch("http.defect", {"path": parts.path, "exc_info": error})
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The answer could not be made; the log says why.")

    def _length(self) -> int | None:
        text = self.headers.get("Content-Length")
        if text is None:
            return None if "Transfer-Encoding" in self.headers or self.command == "POST" else 0
        return int(text) if text.isascii() and text.isdecimal() else None

    def _pieces(self, length: int) -> Iterator[bytes]:
        end = self._left - length
        while self._left > end:
            piece = self.rfile.read(min(self._left - end, _PIECE))
            if not piece:
                return
            self._left -= len(piece)
            yield piece


def _host_name(header: str) -> str:
    return (urlsplit(f"//{header}").hostname or "") if header else ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
