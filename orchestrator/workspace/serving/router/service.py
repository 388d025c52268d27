"""One endpoint in the router: who may ask, and who answers."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from orchestrator.workspace.serving.router.balancing import Share, SmoothWeights
from orchestrator.workspace.serving.router.counters import Counters
from orchestrator.workspace.serving.router.errand import Errand, Outcome, Unanswered
from orchestrator.workspace.serving.router.messages import (
    DEPLOYMENT_HEADER,
    REQUEST_ID_HEADER,
    Payload,
    Reply,
    RequestHead,
    ScoringCall,
    refusal,
)
from orchestrator.workspace.serving.router.pool import DeploymentPool
from orchestrator.workspace.serving.table import EndpointRoute

SCORE_PATH = b"/score"
SWAGGER_PATH = b"/swagger.json"
"""What the deployment that answers says of itself. With a key, as on Azure."""
RETRY_AFTER_S = 2
"""What callers are told to wait while no scoring server is there, seconds. Ours: a small model loads about as long."""

MAX_MIRRORED = 64
"""Copies on their way at once, for each deployment; further ones are dropped. Ours."""

_BEARER = b"bearer "
_PROCESS = secrets.token_hex(10).encode()
_NUMBERS = itertools.count()
"""Ids of requests: unique and not to be mixed up with another router's, at a tenth of a random one's price."""


@dataclass(slots=True)
class ServedDeployment:
    """A deployment with its servers and its numbers. Outlives the tables that it is in."""

    pool: DeploymentPool
    counters: Counters = field(default_factory=Counters)
    copies: int = 0

    def answer(self, payload: Payload, reply_to: Callable[[Reply], None], lines: bytes = b"") -> Errand:
        """Have a request answered and count it.

        Args:
            reply_to: gets the answer, exactly once and perhaps at once.
            lines: header lines that the answer gets.

        Returns:
            What `DeploymentPool.abandon` takes when the caller leaves before that.
        """
        errand = Errand(payload, self._done, reply_to, lines)
        self.pool.send(errand)
        return errand

    def copy(self, payload: Payload) -> None:
        """Send a copy of a request and forget its answer. Drops it when too many are on their way."""
        if self.copies >= MAX_MIRRORED:
            self.counters.dropped += 1
            return
        self.counters.mirrored += 1
        self.copies += 1
        self.answer(payload, self._copied)

    def _copied(self, reply: Reply) -> None:
        self.copies -= 1

    def _done(self, errand: Errand, outcome: Outcome, now: float) -> None:
        self.counters.count(outcome.status, now - errand.started)
        reply = outcome if isinstance(outcome, Reply) else _unanswered(outcome)
        reply.lines = errand.lines
        errand.reply_to(reply)


class EndpointService:
    """Answers the requests of one endpoint, by one routing table. Replaced, never changed.

    Args:
        route: the endpoint.
        deployments: by name.
    """

    def __init__(self, route: EndpointRoute, deployments: Mapping[str, ServedDeployment]) -> None:
        self.route = route
        self._deployments = deployments
        self._keys = tuple(bytes.fromhex(key) for key in route.keys)
        self._weights = SmoothWeights(item for item in route.traffic if item[0] in deployments)
        self._expected = [name for name, weight in route.traffic if weight > 0]
        self._mirrors = [(deployments[name], Share(p)) for name, p in route.mirror if name in deployments]

    def answer(self, call: ScoringCall, deliver: Callable[[Reply], None]) -> Callable[[], None] | None:
        """Answer a request.

        Args:
            deliver: gets the answer, exactly once and perhaps at once.

        Returns:
            What to call when the caller leaves before that; None if the answer is told.
        """
        head = call.head
        request_id = head.request_id or b"%s%012x" % (_PROCESS, next(_NUMBERS))
        chosen = (None if head.admitted_by is self else self.at_the_door(head)) or self._choose(head.deployment)
        if isinstance(chosen, Reply):
            chosen.lines = b"%s: %s\r\n" % (REQUEST_ID_HEADER, request_id)
            deliver(chosen)
            return None
        lines = b"%s: %s\r\n%s: %s\r\n" % (DEPLOYMENT_HEADER, chosen.encode(), REQUEST_ID_HEADER, request_id)
        served = self._deployments[chosen]
        payload = call.payload(request_id)
        errand = served.answer(payload, deliver, lines)
        for mirror, share in self._mirrors:
            if head.path == SCORE_PATH and share.take():
                mirror.copy(payload)
        return None if errand.over else partial(served.pool.abandon, errand)

    def at_the_door(self, head: RequestHead) -> Reply | None:
        """The answer that needs no deployment, and so no body; None for calls that may pass."""
        if head.admitted_by is self:
            return None
        path = head.path
        if path == b"/" and head.method in (b"GET", b"HEAD"):
            return Reply.of(200, [(b"content-type", b"text/plain")], b"Healthy")
        if path not in (SCORE_PATH, SWAGGER_PATH):
            return refusal(404, "NotFound", "Not found. POST to /score.")
        if path == SWAGGER_PATH and head.method not in (b"GET", b"HEAD"):
            return refusal(405, "MethodNotAllowed", "GET /swagger.json.")
        if not self._admits(head.authorization):
            message = "Send the endpoint's key: 'Authorization: Bearer KEY'."
            return refusal(401, "Unauthorized", message, (b"www-authenticate", b"Bearer"))
        head.admitted_by = self
        return None

    def _choose(self, requested: bytes | None) -> str | Reply:
        if requested is not None:
            name = requested.decode("latin-1").strip()
            if name in self._deployments:
                return name
            if name in self._expected:
                return _not_ready(name)
            known = ", ".join(sorted(self._deployments)) or "none"
            return refusal(404, "NoDeployment", f"Deployment not found; available: {known}.")
        picked = self._weights.pick()
        if picked is not None:
            return picked
        if self._expected:
            return _not_ready(", ".join(self._expected))
        return refusal(
            404,
            "NoTraffic",
            "No deployment receives traffic. Set the endpoint's traffic, or set the azureml-model-deployment header.",
        )

    def _admits(self, authorization: bytes | None) -> bool:
        if authorization is None or authorization[:7].lower() != _BEARER:
            return False
        digest = hashlib.sha256(authorization[7:].strip()).digest()
        # Every key is compared, so that the time tells neither which one nor how much of it fits.
        fits = [hmac.compare_digest(digest, key) for key in self._keys]
        return any(fits)


def _not_ready(names: str) -> Reply:
    message = f"No scoring server of {names} answers yet; send the request again later."
    return _later(503, "NotReady", message, RETRY_AFTER_S)


def _later(status: int, code: str, message: str, seconds: int) -> Reply:
    """A refusal that says when to ask again. Source: RFC 9110, section 10.2.3; RFC 6585, section 4."""
    return refusal(status, code, message, *([(b"retry-after", b"%d" % seconds)] if seconds else []))


def _unanswered(error: Unanswered) -> Reply:
    later = error.retry_after_s or (RETRY_AFTER_S if error.status == 503 else 0)
    return _later(error.status, error.code, str(error), later)
