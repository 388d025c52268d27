"""Who may ask for what: a token for people and programs, a signature for git servers. All comparisons take constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from orchestrator.reconcile.server.messages import HttpRequest
from orchestrator.reconcile.source.secret import SecretMissing, SecretReference

LONGEST_HOOK: Final = 25 * 1024 * 1024
"""Bytes. Source: GitHub caps the payloads of its webhooks at 25 MB."""

_SIGNATURES: Final = ("x-hub-signature-256", "x-gitea-signature", "x-amlctl-signature-256")
_TOKENS: Final = ("x-gitlab-token", "x-amlctl-token")


def holds_token(request: HttpRequest, token: SecretReference) -> bool:
    """Whether the request has the token in its Authorization header. A token that cannot be read opens nothing."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        expected = token.read().reveal()
    except SecretMissing:
        return False
    return scheme.lower() == "bearer" and _equal(given.strip(), expected)


def is_signed(request: HttpRequest, secret: SecretReference) -> bool:
    """Whether the sender knows the shared secret.

    Takes an HMAC-SHA-256 of the body as GitHub (``X-Hub-Signature-256``), Gitea (``X-Gitea-Signature``) and our own senders
    (``X-Amlctl-Signature-256``) give it, or the secret itself as GitLab gives it (``X-Gitlab-Token``) and as senders that cannot sign may
    give it (``X-Amlctl-Token``). The body is hashed in pieces and not kept.
    """
    try:
        key = secret.read().reveal()
    except SecretMissing:
        return False
    given = _first(request.headers, _SIGNATURES)
    if given is None:
        token = _first(request.headers, _TOKENS)
        return token is not None and _equal(token, key)
    digest = hmac.new(key.encode(), digestmod=hashlib.sha256)
    for piece in request.read():
        digest.update(piece)
    return _equal(given.removeprefix("sha256="), digest.hexdigest())


def _first(headers: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((headers[name] for name in names if headers.get(name)), None)


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
