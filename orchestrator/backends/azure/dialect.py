"""Bodies in the words that the client's loaders take, where those differ from what a spec may say. Pure.

Each rule says what the loader refuses and how we know. The way back is in `normalise`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.core.errors import Invalid
from orchestrator.core.folds import scalar_text

_LITERALS: Final = frozenset({"integer", "number", "string", "boolean"})


def _job(body: dict[str, Any]) -> dict[str, Any]:
    """Inputs that are values stand bare; a positive label and the values of variables are texts.

    Source: azure-ai-ml, schemas of job inputs and of AutoML classification; of commands in 1.27, where later versions take numbers too.
    """
    inputs = body.get("inputs")
    if isinstance(inputs, Mapping):
        body["inputs"] = {name: _bare(value) for name, value in inputs.items()}
    if body.get("positive_label") is not None:
        body["positive_label"] = str(body["positive_label"])
    variables = body.get("environment_variables")
    if isinstance(variables, Mapping):
        body["environment_variables"] = {name: scalar_text(value) for name, value in variables.items()}
    return body


def _bare(value: Any) -> Any:
    is_literal = isinstance(value, Mapping) and value.get("type") in _LITERALS and value.keys() <= {"type", "value"}
    return value["value"] if is_literal and "value" in value else value


def _compute(body: dict[str, Any]) -> dict[str, Any]:
    """The image of an application has no type, there is one only; a namespace has to be said, where the service has a default.

    Source: azure-ai-ml, ``ImageSettingsSchema`` and ``KubernetesComputeSchema``.
    """
    if str(body.get("type")).lower() == "kubernetes" and not body.get("namespace"):
        body["namespace"] = "default"
    if applications := body.get("custom_applications"):
        body["custom_applications"] = [_application(application) for application in applications]
    return body


def _application(application: Mapping[str, Any]) -> dict[str, Any]:
    image = {name: value for name, value in (application.get("image") or {}).items() if name != "type"}
    return {**application, "image": image}


def _datastore(body: dict[str, Any]) -> dict[str, Any]:
    """A lake house's fields are called otherwise in the JSON schema and in the loader.

    Source: the published CLI schema against azure-ai-ml, ``OneLakeArtifactSchema``.
    """
    artifact = body.get("artifact")
    if isinstance(artifact, Mapping):
        body["artifact"] = {name.removeprefix("artifact_"): value for name, value in artifact.items()}
    return body


def _deployment(body: dict[str, Any]) -> dict[str, Any]:
    """Whether something is collected is a text, and one rate holds for all collections; amounts of a container are texts.

    Source: azure-ai-ml, schemas of collections and container resources; ``DataCollector`` writes its own rate over that of each collection.

    Raises:
        Invalid: collections with different rates, which the client cannot send.
    """
    if isinstance(body.get("resources"), Mapping):
        body["resources"] = {name: _texts(amounts) for name, amounts in body["resources"].items()}
    collector = body.get("data_collector")
    if not isinstance(collector, Mapping):
        return body
    collections = {name: dict(collection) for name, collection in (collector.get("collections") or {}).items()}
    rates = {collection.pop("sampling_rate", collector.get("sampling_rate")) for collection in collections.values()}
    if len(rates) > 1:
        raise Invalid(
            "data_collector: azure-ai-ml sends one sampling rate for all collections, and these have several.",
            fix="Give all collections the same sampling_rate.",
        )
    for collection in collections.values():
        if isinstance(collection.get("enabled"), bool):
            collection["enabled"] = "true" if collection["enabled"] else "false"
    rate = next(iter(rates), None)
    body["data_collector"] = {
        **collector,
        "collections": collections,
        **({} if rate is None else {"sampling_rate": rate}),
    }
    return body


def _texts(amounts: Any) -> Any:
    return {name: str(amount) for name, amount in amounts.items()} if isinstance(amounts, Mapping) else amounts


_RULES: Final[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "jobs": _job,
    "compute": _compute,
    "datastores": _datastore,
    "online_endpoints.deployments": _deployment,
}


def spoken(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A body for the client's loader.

    Args:
        kind: key of the kind.
        body: plain data as a spec has it.
    """
    rule = _RULES.get(kind)
    said = (
        {**body, "identity": _identity(body["identity"])} if isinstance(body.get("identity"), Mapping) else dict(body)
    )
    return said if rule is None else rule(said)


def _identity(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Each identity is a mapping. Source: azure-ai-ml, ``IdentitySchema``."""
    users = identity.get("user_assigned_identities")
    if not isinstance(users, list):
        return dict(identity)
    forms = [{"resource_id": user} if isinstance(user, str) else user for user in users]
    return {**identity, "user_assigned_identities": forms}
