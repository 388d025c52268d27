"""Bodies that the service returned, made comparable with bodies of a spec. Pure.

Each rule says what comes back different and how we know; what a field's `Alias` folds is left as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

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

ANONYMOUS: Final = re.compile(r"azureml:(?:CliV2AnonymousEnvironment|azureml_anonymous)[^:]*:", re.IGNORECASE)
"""Names that the client gives to environments written inside a job or deployment. Source: azure-ai-ml, ``ANONYMOUS_ENV_NAME``."""


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


def _environment(body: dict[str, Any]) -> dict[str, Any]:
    """Conda text comes back as JSON text, an environment without conda with an empty one. Source: recordings."""
    conda = body.get("conda_file")
    if conda == "":
        body.pop("conda_file")
    elif isinstance(conda, str) and conda.lstrip().startswith("{"):
        try:
            body["conda_file"] = json.loads(conda)
        except ValueError:
            return body
    return body


def _compute(body: dict[str, Any]) -> dict[str, Any]:
    """Durations as ISO text where the client has not made seconds of them.

    The subnet is left out: it comes back as a long identifier, whichever of name and identifier was sent, and nothing tells
    which; a comparison would make a cluster anew for nothing. The service cannot change it. An application's image comes back
    without its type, of which there is one only. Source: azure-ai-ml, ``AmlCompute`` and ``ImageSettings``.
    """
    if isinstance(body.get("network_settings"), dict):
        body["network_settings"].pop("subnet", None)
    for application in body.get("custom_applications") or ():
        application["image"] = {"type": "docker", **(application.get("image") or {})}
    idle = body.get("idle_time_before_scale_down")
    if isinstance(idle, str) and idle.isdecimal():
        body["idle_time_before_scale_down"] = int(idle)
    return body


def _datastore(body: dict[str, Any]) -> dict[str, Any]:
    """Credentials are never returned: an empty mapping in their place says nothing. See `dialect` for a lake house's names."""
    if isinstance(body.get("artifact"), dict):
        body["artifact"] = {f"artifact_{name}": value for name, value in body["artifact"].items()}
    if not body.get("credentials"):
        body.pop("credentials", None)
    return body


_MADE: Final = frozenset({"createdBy", "createdAt", "lastModifiedAt"})


def _endpoint(body: dict[str, Any]) -> dict[str, Any]:
    """The client adds to an endpoint's properties who made it, and when. Source: azure-ai-ml, ``OnlineEndpoint``."""
    if isinstance(body.get("properties"), dict):
        body["properties"] = {name: value for name, value in body["properties"].items() if name not in _MADE}
    return body


def _deployment(body: dict[str, Any]) -> dict[str, Any]:
    """The rate of what is collected, at each collection as well; graphics processors under both of their names. See `dialect`.

    Source: azure-ai-ml, ``ResourceSettingsSchema``, which makes one name of the two.
    """
    for amounts in (body.get("resources") or {}).values():
        if isinstance(amounts, dict) and "gpu" in amounts:
            amounts["nvidia.com/gpu"] = amounts["gpu"]
    collector = body.get("data_collector")
    if not isinstance(collector, dict):
        return body
    rate = collector.get("sampling_rate")
    for collection in (collector.get("collections") or {}).values():
        if rate is not None:
            collection["sampling_rate"] = rate
    return body


_RULES: Final[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "environments": _environment,
    "compute": _compute,
    "datastores": _datastore,
    "online_endpoints": _endpoint,
    "online_endpoints.deployments": _deployment,
}


_NOT_SAID: Final = frozenset({"id", "creation_context"})
"""What no spec says: who made it, and when, is a fact beside the body."""


def normalised(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A returned body in the form in which a spec would say the same.

    Args:
        kind: key of the kind.
        body: plain data, as `sdk.body_of` gives it.
    """
    identifier = body.get("id")
    tidy: dict[str, Any] = shortened({name: value for name, value in body.items() if name not in _NOT_SAID})
    if identifier is not None:
        tidy["id"] = identifier
    rule = _RULES.get(kind)
    return rule(tidy) if rule is not None else tidy
