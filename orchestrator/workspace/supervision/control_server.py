"""The supervisor's end of the control line."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from orchestrator.core.errors import Invalid
from orchestrator.workspace.folder.paths import PRIVATE_FILE
from orchestrator.workspace.processes.process import ProcessIdentity
from orchestrator.workspace.supervision.control import MAX_LINE, MAX_SOCKET_PATH, ControlAddress, ControlFiles

REQUEST_TIMEOUT_S = 10.0
"""How long a caller may take to say what it wants, seconds."""

Handler: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Answers a command and its arguments; may raise `Invalid`."""


class ControlServer:
    """The supervisor's end of the socket.

    Args:
        files: where to publish the address.
        handler: answers commands.
    """

    def __init__(self, files: ControlFiles, handler: Handler) -> None:
        self._files = files
        self._handler = handler
        self._token = secrets.token_hex(32)
        self._server: asyncio.Server | None = None

    async def start(self, process: ProcessIdentity) -> None:
        """Listen, and publish where."""
        path = self._files.socket
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, path, limit=MAX_LINE)
            path.chmod(PRIVATE_FILE)
            address = ControlAddress(process, self._token, socket=str(path))
        else:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_LINE)
            address = ControlAddress(process, self._token, port=self._server.sockets[0].getsockname()[1])
        address.write(self._files)

    async def stop(self) -> None:
        """Stop listening; the published address stays, for the guard to see."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._files.socket.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            try:
                line = await asyncio.wait_for(reader.readline(), REQUEST_TIMEOUT_S)
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
            except ValueError:
                writer.write(b'{"error": "The request is too long."}\n')
            finally:
                writer.close()
                await writer.wait_closed()

    async def _answer(self, line: bytes) -> Mapping[str, Any]:
        try:
            request = json.loads(line)
            token, command, arguments = request["token"], request["command"], request.get("arguments") or {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"error": "The request is not a JSON object with token and command."}
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self._token.encode()):
            return {"error": "The token is not the one of this supervisor.", "denied": True}
        try:
            return dict(await self._handler(str(command), arguments))
        except Invalid as error:
            return {"error": error.detail}
