"""Tokens by which the server knows those who may speak to it: whoever can read the workspace's folder."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Final

TENANT: Final = "00000000-0000-0000-0000-00000000a31c"
"""The directory that tokens claim to come from. Ours: it stands for no directory of Azure."""

LIFETIME_S: Final = 24 * 3600

_TOKEN: Final = b"token"
_STORAGE: Final = b"storage"

_HEADER = {"alg": "HS256", "typ": "JWT"}


class Tokens:
    """Makes and checks JSON Web Tokens and the signatures of storage addresses.

    Args:
        secret: known to the server, and given out by ``workspace env --arm``.
    """

    def __init__(self, secret: str) -> None:
        self.secret = secret

    @classmethod
    def fresh(cls) -> Tokens:
        """With a secret made now."""
        return cls(secrets.token_urlsafe(32))

    def issue(self, audience: str) -> tuple[str, int]:
        """A token for an audience, and when it ends, in seconds since the epoch."""
        now = int(time.time())
        claims = {
            "aud": audience, "iss": f"https://sts.windows.net/{TENANT}/", "iat": now, "nbf": now - 300,
            "exp": now + LIFETIME_S, "tid": TENANT, "oid": TENANT, "name": "amlctl", "appid": "amlctl",
        }  # fmt: skip
        signed = f"{_encode(json.dumps(_HEADER).encode())}.{_encode(json.dumps(claims).encode())}"
        return f"{signed}.{_encode(self._sign(_TOKEN, signed))}", now + LIFETIME_S

    def accepts(self, authorization: str) -> bool:
        """Whether an Authorization header bears a token of ours that has not ended."""
        scheme, _, token = authorization.partition(" ")
        signed, _, signature = token.rpartition(".")
        if scheme.lower() != "bearer" or not _same(signature, _encode(self._sign(_TOKEN, signed))):
            return False
        claims = json.loads(_decode(signed.partition(".")[2]))
        return bool(claims["exp"] > time.time())

    def grant(self, container: str) -> str:
        """The query that opens a container of the built-in blob service. It never ends: the server's secret does."""
        return f"sv=2021-08-06&sr=c&sp=racwl&sig={_encode(self._sign(_STORAGE, container))}"

    def opens(self, container: str, signature: str) -> bool:
        """Whether a signature was granted for a container."""
        return _same(signature, _encode(self._sign(_STORAGE, container)))

    def _sign(self, purpose: bytes, text: str) -> bytes:
        """A signature that is of no use for another purpose. Source: RFC 5869, keys that are derived for one use each."""
        key = hmac.new(self.secret.encode(), purpose, hashlib.sha256).digest()
        return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()


def _same(given: str, expected: str) -> bool:
    """Whether two texts are the same, in constant time; of any characters that a header can hold."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
