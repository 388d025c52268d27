"""The token of a running GitHub job, by which it shows Azure who it is."""

from __future__ import annotations

import os
from typing import Any, Final
from urllib.parse import quote, urlsplit

from orchestrator.core.errors import Denied, Invalid

AUDIENCE: Final = "api://AzureADTokenExchange"
"""For whom a pipeline's token is made out. Source: Microsoft Entra documentation, workload identity federation."""

_PERMISSION: Final = "Give the job `permissions: {id-token: write}`; pull requests from forks cannot have it."

_RETRIES: Final = 3


def token(transport: Any) -> str:
    """Ask GitHub for a token. Source: GitHub documentation, OpenID Connect, requesting the JWT with environment variables.

    Args:
        transport: of azure-core, to ask by; None means one of its own.

    Raises:
        Invalid: this is no GitHub job.
        Denied: the job may not have one.
    """
    from azure.core import PipelineClient
    from azure.core.exceptions import HttpResponseError
    from azure.core.pipeline.policies import RetryPolicy
    from azure.core.rest import HttpRequest

    address = needed_variable("ACTIONS_ID_TOKEN_REQUEST_URL", _PERMISSION)
    bearer = needed_variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", _PERMISSION)
    if urlsplit(address).scheme != "https":
        raise Invalid(
            "ACTIONS_ID_TOKEN_REQUEST_URL is not an https address.",
            code="incomplete-credential",
            fix="Do not change the variables of the pipeline; set the rest under `workspace.azure.credential`.",
        )
    ours = {} if transport is None else {"transport": transport}
    client: Any = PipelineClient("", policies=[RetryPolicy(retry_total=_RETRIES)], **ours)
    joint = "&" if urlsplit(address).query else "?"
    request = HttpRequest(
        "GET", f"{address}{joint}audience={quote(AUDIENCE, safe='')}", headers={"Authorization": f"Bearer {bearer}"}
    )
    response = client.send_request(request)
    try:
        response.raise_for_status()
        return str(response.json()["value"])
    except HttpResponseError as error:
        # Not the service's own text: it may repeat what it was sent.
        said = f"GitHub did not issue a token for this job: {response.status_code} {response.reason or ''}".rstrip()
        raise Denied(
            f"{said}.", code="github-token-refused", fix="Give the job `permissions: {id-token: write}`."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Denied("GitHub's response contains no token.", code="github-token-refused", fix=_PERMISSION) from error


def needed_variable(name: str, fix: str) -> str:
    """The value of a variable that a pipeline sets.

    Raises:
        Invalid: it is not set.
    """
    value = os.environ.get(name, "")
    if not value:
        raise Invalid(f"The environment variable {name} is not set.", code="incomplete-credential", fix=fix)
    return value
