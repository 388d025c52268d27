"""How long callers may take to send, and what of their wishes is not heard."""

from __future__ import annotations

from collections.abc import Iterable

SILENCE_S = 10.0
"""A caller in the middle of a request that sends nothing for longer is given up, seconds."""

REQUEST_S = 120.0
"""How long a request may take to come in, seconds."""

IDLE_S = 120.0
"""A connection on which no request comes is closed, seconds."""

LINGER_S = 30.0
LINGER_SILENCE_S = 5.0
"""How long what a refused caller still sends is read and thrown away, seconds. Source: nginx, lingering_time and lingering_timeout."""


class BodyReading:
    """Where the reading of one connection is.

    Args:
        now: seconds of the loop's clock, as everywhere here.

    Attributes:
        heard: when something came last.
    """

    __slots__ = ("_began", "_lingering", "heard")

    def __init__(self, now: float) -> None:
        self.heard = now
        self._began = 0.0
        self._lingering = 0.0

    def begin(self, now: float) -> None:
        """A request begins."""
        self._began = now

    def end(self, now: float) -> None:
        """The request is there as a whole."""
        self._began, self.heard = 0.0, now

    def linger(self, now: float) -> None:
        """Only wait for the caller to stop."""
        self._lingering = now

    def late(self, now: float) -> bool:
        """Whether a request that began takes too long."""
        return bool(self._began) and (now - self.heard > SILENCE_S or now - self._began > REQUEST_S)

    def hopeless(self, now: float) -> bool:
        """Whether nothing is to be expected any more."""
        if self._lingering:
            return now - self._lingering > LINGER_S or now - max(self.heard, self._lingering) > LINGER_SILENCE_S
        return not self._began and now - self.heard > IDLE_S


def without_upgrade(method: bytes, target: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The head of a request without its wish for another protocol; None for one that is nothing but that wish (``CONNECT``)."""
    if method == b"CONNECT":
        return None
    lines = [b"%s %s HTTP/%s\r\n" % (method, target, version.encode())]
    for name, value in headers:
        kept = _but_upgrade(value) if name == b"connection" else value
        if name != b"upgrade" and (kept or name != b"connection"):
            lines.append(b"%s: %s\r\n" % (name, kept))
    return b"".join([*lines, b"\r\n"])


def _but_upgrade(value: bytes) -> bytes:
    return b", ".join(part.strip() for part in value.split(b",") if part.strip().lower() != b"upgrade")
