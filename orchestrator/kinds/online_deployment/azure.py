"""Deployments in the words of azure-ai-ml, there and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.errors import Invalid


def for_loader(body: dict[str, Any]) -> dict[str, Any]:
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
            "data_collector: azure-ai-ml supports one sampling_rate for all collections; these differ.",
            fix="Set the same sampling_rate for all collections.",
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


def returned(body: dict[str, Any]) -> dict[str, Any]:
    """The rate of what is collected, at each collection as well; graphics processors under both of their names. See `for_loader`.

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
