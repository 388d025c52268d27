"""Sends one request to a receiver."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import IO, Final
from urllib.parse import urlsplit

from orchestrator.reconcile.notify.channel import Channel, Shape
from orchestrator.reconcile.notify.shapes import body_of
from orchestrator.reconcile.ports import Notice
from orchestrator.reconcile.source.secret import SecretMissing

SIGNATURE_HEADER: Final = "X-Amlctl-Signature-256"
_WORTH_REPEATING: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a request.

    Attributes:
        delivered: the receiver took it.
        again: it may be taken later.
        reason: why it was not taken, without the address.
        retry_after_s: how long the receiver wants to be left alone, if it said so.
    """

    delivered: bool
    again: bool = False
    reason: str = ""
    retry_after_s: float | None = None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET, and the news would be lost without anybody noticing."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def post(notice: Notice, channel: Channel, *, timeout_s: float) -> Delivery:
    """Tell one channel of one notice. Never raises."""
    try:
        request = _request(notice, channel)
        opener = urllib.request.build_opener(_NoRedirects)
        with opener.open(request, timeout=timeout_s) as response:
            return Delivery(delivered=200 <= response.status < 300, reason=f"HTTP {response.status}")
    except SecretMissing as error:
        return Delivery(delivered=False, again=True, reason=error.detail)
    except urllib.error.HTTPError as error:
        with error:
            again = error.code >= 500 or error.code in _WORTH_REPEATING
            pause = _seconds(error.headers.get("Retry-After"))
            return Delivery(delivered=False, again=again, reason=f"HTTP {error.code}", retry_after_s=pause)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # The text of these may hold the address, which is a secret.
        return Delivery(delivered=False, again=not isinstance(error, ValueError), reason=type(error).__name__)


def _request(notice: Notice, channel: Channel) -> urllib.request.Request:
    url = channel.url.read().reveal().strip()
    if urlsplit(url).scheme not in ("https", "http"):
        raise ValueError("not an HTTP address")
    body = body_of(notice, channel.shape)
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "amlctl"}
    if channel.shape is Shape.JSON:
        identity = f"{channel.name}\0{notice.project}\0{notice.key}".encode()
        headers["X-Amlctl-Event"] = notice.trigger.value
        headers["X-Amlctl-Delivery"] = hashlib.sha256(identity).hexdigest()[:32]
        if channel.signing_secret:
            secret = channel.signing_secret.read().reveal().encode()
            headers[SIGNATURE_HEADER] = f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"
    return urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310  # the scheme is checked above


def _seconds(text: str | None) -> float | None:
    """Seconds of a Retry-After header; its other form, a date, is left aside: clocks of two machines differ."""
    return float(text) if text and text.strip().isdecimal() else None
