"""Models of the catalogue, as serverless endpoints and subscriptions name them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.kind import BodyProblem

_VERSIONED: Final = re.compile(r"azureml://registries/[^/]+/[^/]+/[^/]+/versions/[^/]+")


def model_id_problems(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Source: azure-ai-ml, ``ServerlessEndpointOperations.begin_create_or_update``: a version is not supported."""
    model = body.get("model_id")
    if isinstance(model, str) and _VERSIONED.fullmatch(model):
        yield BodyProblem(
            ("model_id",),
            "invalid-value",
            f"'{model}' names a version; a model of the catalogue is named without one.",
            f"Write {model.partition('/versions/')[0]}.",
        )


def without_history(body: dict[str, Any]) -> dict[str, Any]:
    """A body as the client returns it, without who changed it and when. Source: azure-ai-ml, ``ServerlessEndpoint.as_dict``."""
    body.pop("system_data", None)
    return body
