"""Reads one caller's requests: HTTP/1.0 and 1.1, kept-alive, pipelined, chunked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httptools

from orchestrator.workspace.serving.router.body import IN_MEMORY, Body
from orchestrator.workspace.serving.router.messages import Headers, RequestHead, ScoringCall, refusal
from orchestrator.workspace.serving.router.reading import BodyReading, without_upgrade
from orchestrator.workspace.serving.router.recall import KnownHead, known_head

if TYPE_CHECKING:
    from orchestrator.workspace.serving.router.frontend import CallerConnection

MAX_HEAD = 64 * 1024
"""Bytes of a request's first line and headers."""


class RequestReader:
    """Makes requests of bytes and gives them to the connection that they came on, or says there what is wrong with them.

    Args:
        caller: the connection.
        reading: is told where the reading is.
        clock: seconds.
    """

    def __init__(self, caller: CallerConnection, reading: BodyReading, clock: Callable[[], float]) -> None:
        self._caller = caller
        self._reading = reading
        self._clock = clock
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: Headers = []
        self._head: RequestHead | None = None
        self._body = Body()
        self._head_size = 0
        self._in_head = True
        self._between = True
        self._fresh = b""
        self._known: KnownHead[RequestHead] | None = None
        self._owed = 0

    @property
    def begun(self) -> bool:
        """Whether a part of a request has come."""
        return bool(self._head_size) or not self._in_head

    def feed(self, data: bytes) -> None:
        """Take what came."""
        known = self._known
        if self._owed:
            self._continue(data)
        elif known is not None and self._between and len(data) <= known.whole and data.startswith(known.text):
            self._recall(known, data)
        else:
            self._parse(data)

    def drop_body(self) -> None:
        """What came of the body is not needed."""
        self._body = Body()

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._target, self._headers, self._body, self._head = b"", [], Body(), None
        self._between = False
        self._reading.begin(self._clock())

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser; after the body too, for trailers, which are not headers."""
        if self._in_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        parser = self._parser
        if parser.should_upgrade():
            return
        self._in_head, self._head_size = False, 0
        comes = expects = False
        for name, value in self._headers:
            if name == b"content-length":
                comes = comes or value != b"0"
                if value.isdigit() and int(value) > self._caller.limit:
                    self._refuse_size()
                    return
            elif name == b"transfer-encoding":
                comes, self._fresh = True, b""
            elif name == b"expect" and value.lower() == b"100-continue":
                expects, self._fresh = True, b""
        keep, old = parser.should_keep_alive(), parser.get_http_version() == "1.0"
        self._head = RequestHead(parser.get_method(), self._target, self._headers, keep_alive=keep, old=old)
        if comes and not self._caller.lets_in(self._head):
            return
        if expects:
            self._caller.encourage()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if self._caller.deaf:
            return
        if self._body.size + len(body) > self._caller.limit:
            self._refuse_size()
            return
        try:
            self._body.append(body)
        except OSError as error:
            self._caller.refuse(refusal(507, "InsufficientStorage", f"The body cannot be kept: {error.strerror}."))

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._parser.should_upgrade():
            return
        self._in_head = self._between = True
        fresh, self._fresh = self._fresh, b""
        if self._caller.deaf or self._head is None:
            return
        self._reading.end(self._clock())
        if fresh:
            self._known = known_head(fresh, self._body.size, self._head)
        self._caller.arrived(ScoringCall(self._head, self._body))

    def _parse(self, data: bytes) -> None:
        if self._between:
            self._fresh = data
        if self._in_head:
            self._head_size += len(data)
        self._feed(data)
        if self._in_head and self._head_size > MAX_HEAD:
            self._caller.refuse(refusal(431, "HeadTooLarge", f"First line and headers may have {MAX_HEAD} bytes."))

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._feed_again(data[int(upgrade.args[0]) :])
        except httptools.HttpParserError:
            self._caller.refuse(refusal(400, "BadRequest", "The request is not HTTP."))

    def _feed_again(self, rest: bytes) -> None:
        """Go on as if the wish for another protocol had not been spoken. Source: RFC 9110, section 7.8: a server may ignore it."""
        parser = self._parser
        head = without_upgrade(parser.get_method(), self._target, parser.get_http_version(), self._headers)
        if head is None:
            self._caller.refuse(refusal(501, "NotImplemented", "The router opens no tunnels."))
            return
        self._parser = httptools.HttpRequestParser(self)
        self._fresh = b""
        self._feed(head + rest)

    def _recall(self, known: KnownHead[RequestHead], data: bytes) -> None:
        """The head is the one before, byte by byte. Only the body is new, and perhaps yet to come, as of callers who send it by itself."""
        if known.size > self._caller.limit:
            self._refuse_size()
        elif len(data) == known.whole and known.size <= IN_MEMORY:
            self._caller.arrived(ScoringCall(known.meaning, data[len(known.text) :]))
        else:
            rest = data[len(known.text) :]
            self._head, self._body = known.meaning, Body()
            self._in_head = self._between = False
            self._reading.begin(self._clock())
            self._owed = known.size
            if self._caller.lets_in(known.meaning) and rest:
                self._continue(rest)

    def _continue(self, data: bytes) -> None:
        """More of the body behind a recalled head."""
        size = self._owed
        self._owed = max(0, size - len(data))
        if self._owed:
            self.on_body(data)
            return
        self._in_head = self._between = True
        self._reading.end(self._clock())
        self._append_and_end(data[:size])
        if len(data) > size:
            self.feed(data[size:])

    def _append_and_end(self, body: bytes) -> None:
        if body:
            self.on_body(body)
        if not self._caller.deaf and self._head is not None:
            self._caller.arrived(ScoringCall(self._head, self._body))

    def _refuse_size(self) -> None:
        self._caller.refuse(refusal(413, "BodyTooLarge", f"A body may have {self._caller.limit} bytes."))
