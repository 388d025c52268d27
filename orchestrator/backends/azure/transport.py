"""Requests that do not go through azure-ai-ml: scoring, and logs behind signed addresses."""

from __future__ import annotations

import http.client
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from orchestrator.core.errors import Invalid, TimedOut, Transient

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Names of headers are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def send(message: Message, timeout_s: float, ca_file: str = "") -> Reply:
    """Send one request and read the whole answer, whatever its status.

    Raises:
        Invalid: the address is not one that a key or token may be sent to.
        TimedOut, Transient: no answer. The address's query, which may be a signature, is not part of the text.
    """
    parts = urlsplit(message.url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise Invalid(f"{parts.scheme}://{host} is not an https address, so no key is sent.")
    connection = _connect(parts.scheme, host, parts.port, timeout_s, ca_file)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    try:
        connection.request(message.method, target, message.body or None, dict(message.headers))
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    except TimeoutError:
        raise TimedOut(f"{shown} did not respond within {timeout_s:g} s.") from None
    except (OSError, http.client.HTTPException) as error:
        raise Transient(f"{shown} cannot be reached: {str(error) or type(error).__name__}.") from None
    finally:
        connection.close()


def _connect(scheme: str, host: str, port: int | None, timeout_s: float, ca_file: str) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout_s)
    # What azure-ai-ml trusts by this variable is to be trusted here too.
    trusted = ca_file or os.environ.get("REQUESTS_CA_BUNDLE")
    context = ssl.create_default_context(cafile=trusted or None)
    return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
