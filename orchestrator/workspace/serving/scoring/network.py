"""The thread that talks to callers, while the main thread runs model code as it does in Microsoft's server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import swagger
from .answers import INTERNAL_ERROR, Answer, Rejected, empty, message
from .http import HttpRequest, ServerConnection
from .model import Model
from .work import Call, WorkQueue

SCORE_PATH = "/score"
_BACKLOG = 1024
"""Connections that wait to be accepted. A unix socket refuses the next one at once, and the router would think the server is gone."""
_STOP_CHECK_S = 1.0
_DRAIN_INTERVAL_S = 0.01
_log = logging.getLogger("scoring")


class Network:
    """Listens on the socket, hands requests to the desk, answers probes itself.

    Args:
        path: the unix socket.
        configuration: the server ends when somebody removes this file: nobody wants it any more.
        model: answers requests to ``/score``; called in the thread that serves the desk.
        queue: closed when the last caller has left after a signal to stop.
    """

    def __init__(self, path: Path, configuration: Path, model: Model, queue: WorkQueue) -> None:
        self._path = path
        self._configuration = configuration
        self._model = model
        self._queue = queue
        self._loop = _new_loop()
        self._connections: set[ServerConnection] = set()
        self._listener: asyncio.AbstractServer | None = None
        self._watching: asyncio.Future[None] | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)

    def start(self, signals: socket.socket) -> None:
        """Wait for signals, and for the configuration's removal. Nobody is answered yet.

        Args:
            signals: gets the number of each signal, as of `stop_signals`.
        """
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._watch(signals), self._loop).result()

    def listen(self) -> None:
        """Answer from now on.

        Raises:
            OSError: the socket cannot be made.
        """
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def stop(self) -> None:
        """End the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _watch(self, signals: socket.socket) -> None:
        self._watching = asyncio.ensure_future(self._until_stopped(signals))

    async def _until_stopped(self, signals: socket.socket) -> None:
        signals.settimeout(0)
        while self._configuration.exists():
            with contextlib.suppress(asyncio.TimeoutError, OSError):
                heard = await asyncio.wait_for(self._loop.sock_recv(signals, 1), _STOP_CHECK_S)
                if heard[0] in (signal.SIGTERM, signal.SIGINT):
                    break
        if self._listener is None:
            os._exit(0)  # model code cannot be interrupted while it loads, and nobody waits for an answer yet
        self._listener.close()
        for connection in tuple(self._connections):
            connection.finish()
        while self._connections:
            await asyncio.sleep(_DRAIN_INTERVAL_S)
        if self._queue.stuck:
            os._exit(0)
        self._queue.close()

    async def _end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])

    async def _listen(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        before = os.umask(0o177)
        try:
            self._listener = await self._loop.create_unix_server(
                lambda: ServerConnection(self._handle, self._connections), str(self._path), backlog=_BACKLOG
            )
        finally:
            os.umask(before)

    def _handle(self, request: HttpRequest, reply: Callable[[Answer], None]) -> Callable[[], None]:
        if request.path == SCORE_PATH and request.method in ("GET", "HEAD", "POST", "OPTIONS"):
            return self._submit(request, reply)
        reply(self._other(request))
        return _nothing

    def _submit(self, request: HttpRequest, reply: Callable[[Answer], None]) -> Callable[[], None]:
        def deliver(answer: Answer) -> None:
            with contextlib.suppress(RuntimeError):  # the loop ended before the model did
                self._loop.call_soon_threadsafe(reply, answer)

        call = Call(lambda: answered(self._model, request), deliver)
        if not self._queue.submit(call):
            reply(message(429, "Too many requests wait; send fewer at once.").with_header("Retry-After", "1"))
            return _nothing
        return lambda: self._queue.abandon(call)

    def _other(self, request: HttpRequest) -> Answer:
        if request.path == swagger.PATH:
            return self._model.swagger(request)
        if request.path not in ("/", SCORE_PATH):
            return message(
                404,
                "The requested URL was not found on the server. If you entered the URL manually please check your "
                "spelling and try again.",
            )
        if request.path == "/" and request.method == "OPTIONS":
            return empty()
        if request.path != "/" or request.method not in ("GET", "HEAD"):
            return message(405, "The method is not allowed for the requested URL.")
        if self._queue.stuck:
            return message(503, "The model is still busy with a request whose client has gone.")
        return Answer(200, b"Healthy", "text/html; charset=utf-8")


def answered(model: Model, request: HttpRequest) -> Answer:
    """The model's answer, or one that says what went wrong.

    Model code may raise anything, also what is not an Exception: ``sys.exit()``, argparse, a panic in Rust. The server goes on.
    """
    try:
        return model.answer(request)
    except Rejected as error:
        return message(error.status, str(error))
    except BaseException:
        _log.exception("the request was not answered")
        return message(500, INTERNAL_ERROR)


@contextlib.contextmanager
def stop_signals() -> Iterator[socket.socket]:
    """Where SIGTERM and SIGINT can be read as bytes, at once, while model code keeps the main thread. Call it there."""
    reader, writer = socket.socketpair()
    writer.settimeout(0)
    handlers = {number: signal.signal(number, _ignored) for number in (signal.SIGTERM, signal.SIGINT)}
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()


def _ignored(number: int, frame: Any) -> None:
    """The network's thread hears of it."""


def _nothing() -> None:
    """There is nothing to give up."""


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # faster where the environment has it
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
