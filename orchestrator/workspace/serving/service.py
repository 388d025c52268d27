"""One endpoint in the router: who may ask, and who answers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.workspace.serving.balancing import Share, SmoothWeights
from orchestrator.workspace.serving.counters import Counters
from orchestrator.workspace.serving.messages import Payload, Reply, ScoringCall, refusal
from orchestrator.workspace.serving.pool import DeploymentPool, Unanswered
from orchestrator.workspace.serving.table import EndpointRoute

SCORE_PATH = b"/score"
DEPLOYMENT_HEADER = b"azureml-model-deployment"
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
    copies: set[asyncio.Task[None]] = field(default_factory=set)

    async def answer(self, payload: Payload) -> Reply:
        """Have a request answered and count it."""
        begin = time.perf_counter()
        status = 599
        try:
            reply = await self.pool.send(payload)
            status = reply.status
        except Unanswered as error:
            status = error.status
            later = error.retry_after_s or (RETRY_AFTER_S if error.status == 503 else 0)
            reply = _later(error.status, error.code, str(error), later)
        finally:
            self.counters.count(status, time.perf_counter() - begin)
        return reply

    def copy(self, payload: Payload) -> None:
        """Send a copy of a request and forget its answer. Drops it when too many are on their way."""
        if len(self.copies) >= MAX_MIRRORED:
            self.counters.dropped += 1
            return
        self.counters.mirrored += 1
        task = asyncio.create_task(self._ask(payload))
        self.copies.add(task)
        task.add_done_callback(self.copies.discard)

    async def _ask(self, payload: Payload) -> None:
        await self.answer(payload)


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

    async def answer(self, call: ScoringCall) -> Reply:
        """Answer a request. Never raises but when cancelled."""
        request_id = _request_id(call)
        reply = await self._answer(call, request_id)
        reply.headers.append((b"x-ms-request-id", request_id))
        return reply

    async def _answer(self, call: ScoringCall, request_id: bytes) -> Reply:
        refused = None if call.admitted else self.at_the_door(call)
        if refused is not None:
            return refused
        name = self._choose(call)
        if isinstance(name, Reply):
            return name
        payload = call.payload(request_id)
        for mirror, share in self._mirrors:
            if share.take():
                mirror.copy(payload)
        reply = await self._deployments[name].answer(payload)
        reply.headers.append((DEPLOYMENT_HEADER, name.encode()))
        return reply

    def at_the_door(self, call: ScoringCall) -> Reply | None:
        """The answer that needs no deployment, and so no body; None for calls that may pass."""
        path = call.path
        if path == b"/" and call.method in (b"GET", b"HEAD"):
            return Reply(200, [(b"content-type", b"text/plain")], b"Healthy")
        if path != SCORE_PATH:
            return refusal(404, "NotFound", "There is nothing at this path; POST to /score.")
        if not self._admits(call.header(b"authorization")):
            reply = refusal(401, "Unauthorized", "Send the endpoint's key: 'Authorization: Bearer KEY'.")
            reply.headers.append((b"www-authenticate", b"Bearer"))
            return reply
        return None

    def _choose(self, call: ScoringCall) -> str | Reply:
        wanted = call.header(DEPLOYMENT_HEADER)
        if wanted is not None:
            name = wanted.decode("latin-1").strip()
            if name in self._deployments:
                return name
            if name in self._expected:
                return _not_ready(name)
            known = ", ".join(sorted(self._deployments)) or "none"
            return refusal(404, "NoDeployment", f"This endpoint has no deployment of that name; it has: {known}.")
        picked = self._weights.pick()
        if picked is not None:
            return picked
        if self._expected:
            return _not_ready(", ".join(self._expected))
        return refusal(
            404,
            "NoTraffic",
            "No deployment gets traffic here. Set the endpoint's traffic, or name one in azureml-model-deployment.",
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
    reply = refusal(status, code, message)
    if seconds:
        reply.headers.append((b"retry-after", b"%d" % seconds))
    return reply


def _request_id(call: ScoringCall) -> bytes:
    given = call.header(b"x-ms-request-id")
    if given is not None and 0 < len(given) <= 128:
        return given
    return b"%s%012x" % (_PROCESS, next(_NUMBERS))
