"""Requests to online endpoints, by a POST of our own.

The client's ``invoke`` keeps headers of one call for the next, across endpoints and threads. Source: measured, azure-ai-ml 1.35.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.endpoint_reads import EndpointReads
from orchestrator.backends.azure.transport import Message, send
from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.ports import ScoringAnswer, ScoringRequest

DEPLOYMENT_HEADER: Final = "azureml-model-deployment"
"""Names the deployment that shall answer. Source: Azure ML documentation, online endpoints."""

_UNAUTHORIZED: Final = 401


class Scorer:
    """Sends requests with the endpoint's own key or token, which is asked for once."""

    def __init__(self, client: Client, reads: EndpointReads) -> None:
        self._client = client
        self._reads = reads
        self._keys: dict[str, str] = {}
        self._using = Lock()

    def score(self, address: Address, request: ScoringRequest) -> ScoringAnswer:
        """Send a request. A key that is refused was renewed meanwhile and is asked for again.

        Raises:
            NotFound: there is no such endpoint.
            Invalid: it has no address yet.
            TimedOut, Transient: no answer.
        """
        endpoint = self._reads.endpoint(address.name)
        if endpoint is None:
            raise NotFound(f"{address} is not in the workspace.", fix="Apply first.")
        if not endpoint.scoring_uri:
            raise Invalid(f"{address} has no scoring URI yet.", fix="Apply, then retry.")
        known = address.name in self._keys
        answer = self._send(endpoint, request)
        if answer.status == _UNAUTHORIZED and known:
            with self._using:
                self._keys.pop(address.name, None)
            answer = self._send(endpoint, request)
        return answer

    def _send(self, endpoint: Any, request: ScoringRequest) -> ScoringAnswer:
        headers = {"Content-Type": "application/json", **dict(request.headers)}
        headers["Authorization"] = f"Bearer {self._key(endpoint.name)}"
        if request.deployment:
            headers[DEPLOYMENT_HEADER] = request.deployment
        message = Message("POST", endpoint.scoring_uri, headers, request.body.encode())
        reply = send(message, request.timeout_s, self._client.connection.ca_file)
        body = reply.body.decode("utf-8", errors="replace")
        return ScoringAnswer(endpoint.scoring_uri, reply.status, body, reply.headers)

    def _key(self, name: str) -> str:
        with self._using:
            if name not in self._keys:
                found = self._client.read(
                    f"read the keys of online_endpoints.{name}", lambda ml: ml.online_endpoints.get_keys(name)
                )
                self._keys[name] = str(getattr(found, "primary_key", None) or found.access_token)
            return self._keys[name]
