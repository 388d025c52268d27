"""Sends requests to online endpoints of the embedded workspace."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from orchestrator.core.errors import Invalid, NotFound, TimedOut, Transient
from orchestrator.core.ports import ScoringAnswer, ScoringRequest
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record

DEPLOYMENT_HEADER = "azureml-model-deployment"
"""Names the deployment that shall answer. Source: Azure ML documentation, online endpoints."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def send(paths: WorkspacePaths, endpoint: Record, request: ScoringRequest) -> ScoringAnswer:
    """POST a request to an endpoint with its key.

    Raises:
        Invalid: the endpoint has no address yet.
        NotFound: its key is not there.
        TimedOut, Transient: no answer.
    """
    url = str(endpoint.attributes.get("scoring_uri") or "")
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK or parts.port is None:
        raise Invalid(f"The endpoint '{endpoint.name}' has no scoring URI yet.", fix="Apply, then retry.")
    headers = {"Content-Type": "application/json", **dict(request.headers)}
    headers["Authorization"] = f"Bearer {_key(paths, endpoint.name)}"
    if request.deployment:
        headers[DEPLOYMENT_HEADER] = request.deployment
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=request.timeout_s)
    try:
        connection.request("POST", parts.path or "/", request.body.encode(), headers)
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", errors="replace")
    except TimeoutError:
        raise TimedOut(f"{url} did not respond within {request.timeout_s:g} s.") from None
    except (OSError, http.client.HTTPException) as error:
        raise Transient(f"{url} cannot be reached: {str(error) or type(error).__name__}.") from None
    finally:
        connection.close()
    return ScoringAnswer(url, answer.status, body, {name.lower(): value for name, value in answer.getheaders()})


def _key(paths: WorkspacePaths, name: str) -> str:
    file = paths.endpoint(name) / "keys.json"
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["primary"])
    except FileNotFoundError:
        raise NotFound(f"The endpoint '{name}' has no keys yet.", fix="Apply, then retry.") from None
    except (ValueError, KeyError, TypeError):
        raise Invalid(f"The keys of the endpoint '{name}' are damaged.") from None
