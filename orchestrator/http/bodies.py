"""Reads the body of a request within bounds of bytes and time.

Starlette bounds the bytes of a body and not the time that it takes, and keeps large ones in memory.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import IO, Any, Final

from starlette.types import Receive

PIECE_S: Final = 10.0
"""A caller that sends nothing for longer is given up, seconds."""

BODY_S: Final = 120.0
"""How long a body may take as a whole, seconds."""

IN_MEMORY: Final = 1 << 20
"""Larger bodies wait on disk, bytes."""

DRAIN_BYTES: Final = 64 * 1024
DRAIN_S: Final = 2.0


class TooLarge(Exception):
    """The body has more bytes than the bound.

    Attributes:
        more: whether some of it is still to come.
    """

    def __init__(self, most: int, *, more: bool) -> None:
        super().__init__(f"The request body is larger than {most} bytes.")
        self.more = more


class TooSlow(Exception):
    """The body did not come in time, or its sender left."""


async def pieces(receive: Receive, most: int, within_s: float = BODY_S) -> AsyncIterator[bytes]:
    """The body, piece by piece.

    Args:
        most: bytes.
        within_s: seconds for the whole of it.

    Raises:
        TooLarge, TooSlow: see there.
    """
    deadline = time.monotonic() + within_s
    length = 0
    while True:
        try:
            message = await asyncio.wait_for(receive(), min(PIECE_S, max(0.0, deadline - time.monotonic())))
        except TimeoutError:
            raise TooSlow("Timed out while reading the request body.") from None
        if message["type"] != "http.request":
            raise TooSlow("The client disconnected.")
        piece: bytes = message.get("body", b"")
        length += len(piece)
        if length > most:
            raise TooLarge(most, more=bool(message.get("more_body")))
        if piece:
            yield piece
        if not message.get("more_body"):
            return


async def spooled(receive: Receive, most: int) -> IO[bytes]:
    """The body as a file that the caller closes; large ones lie on disk, without a name.

    Raises:
        TooLarge, TooSlow: see there.
    """
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # the caller's
    try:
        async with aclosing(pieces(receive, most)) as body:  # type: ignore[type-var]
            async for piece in body:
                file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


async def drain(receive: Receive) -> None:
    """Read a little of a body that nobody wants: hanging up on its sender at once would take the answer back from it."""
    try:
        async with aclosing(pieces(receive, DRAIN_BYTES, DRAIN_S)) as body:  # type: ignore[type-var]
            async for _ in body:
                pass
    except (TooLarge, TooSlow):
        return


def length_of(headers: Mapping[str, str], *, none: Any = None) -> int | None:
    """What ``Content-Length`` says; `none` if it says nothing, or nonsense."""
    text = headers.get("content-length")
    if text is None:
        return none if "transfer-encoding" in headers else 0
    return int(text) if text.isascii() and text.isdecimal() else none
