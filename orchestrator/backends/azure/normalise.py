"""Bodies that the service returned, made comparable with bodies of a spec. Pure.

Each rule says what comes back different and how we know; what a field's `Alias` folds is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.kind import Kind

_ASSET = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/Microsoft\.MachineLearningServices/workspaces/[^/]+"
    r"/(?P<section>data|models|environments|codes|components|computes|jobs)/(?P<name>[^/]+)"
    r"(?:/versions/(?P<version>[^/]+)|/labels/(?P<label>[^/]+))?",
    re.IGNORECASE,
)
_LONG_PATH = re.compile(
    r"azureml://subscriptions/[^/]+/resourcegroups/[^/]+(?:/providers/Microsoft\.MachineLearningServices)?/workspaces/[^/]+/"
    r"(?P<rest>.+)",
    re.IGNORECASE,
)

_FREE: Final = frozenset({"tags", "properties", "environment_variables", "description", "display_name", "resource_id"})
"""Fields whose values are the user's own texts: an identifier in them is compared as it was written."""


def short(text: str) -> str:
    """An identifier of a resource as a spec writes it: ``azureml:NAME:VERSION``, ``azureml://datastores/…``.

    Source: recordings of azure-ai-ml; ids come back with ``resourcegroups`` in either case.
    """
    bare = text.removeprefix("azureml:") if text.startswith("azureml:/subscriptions") else text
    found = _ASSET.fullmatch(bare)
    if found is not None:
        version, label = found["version"], found["label"]
        return f"azureml:{found['name']}" + (f":{version}" if version else f"@{label}" if label else "")
    path = _LONG_PATH.fullmatch(text)
    return f"azureml://{path['rest']}" if path is not None else text


def shortened(value: Any) -> Any:
    """All identifiers in a tree in their short form; what people write freely stays as it is."""
    if isinstance(value, str):
        return short(value)
    if isinstance(value, Mapping):
        return {name: item if name in _FREE else shortened(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    return value


_NOT_SAID: Final = frozenset({"id", "creation_context"})
"""What no spec says: who made it, and when, is a fact beside the body."""


def normalised(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    """A returned body in the form in which a spec would say the same.

    Args:
        kind: of the body.
        body: plain data, as `sdk.body_of` gives it.
    """
    identifier = body.get("id")
    tidy: dict[str, Any] = shortened({name: value for name, value in body.items() if name not in _NOT_SAID})
    if identifier is not None:
        tidy["id"] = identifier
    return kind.azure.returned(tidy)
