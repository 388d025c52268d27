"""What the service's own form of a deployment tells beyond the client's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any


def completed(body: Mapping[str, Any], rest: Any) -> dict[str, Any]:
    """A deployment's body with what the client cuts off, leaves out or writes otherwise when it reads.

    Args:
        body: as the client has it, normalised.
        rest: the service's own form.
    """
    whole = dict(body)
    if isinstance(body.get("request_settings"), Mapping):
        whole["request_settings"] = {**body["request_settings"], **_request_milliseconds(rest)}
    if mounted := _mount_path(rest):
        whole["model_mount_path"] = mounted
    for name, enabled in _collection_modes(rest).items():
        whole["data_collector"]["collections"][name]["enabled"] = enabled
    return whole


def _request_milliseconds(rest: Any) -> dict[str, int]:
    """The request settings of a deployment in full precision; empty where the service has none."""
    settings = getattr(rest.properties, "request_settings", None)
    names = {"request_timeout_ms": "request_timeout", "max_queue_wait_ms": "max_queue_wait"}
    found = {ours: _milliseconds(getattr(settings, theirs, None)) for ours, theirs in names.items()}
    return {name: value for name, value in found.items() if value is not None}


def _mount_path(rest: Any) -> str | None:
    """Where a deployment's model lies, which the client sends and does not read. Source: azure-ai-ml 1.35, ``OnlineDeployment``."""
    path = getattr(rest.properties, "model_mount_path", None)
    return path if isinstance(path, str) else None


def _collection_modes(rest: Any) -> dict[str, bool]:
    """Which of a deployment's data are collected. The client sends the mode in lower case and reads it with a capital.

    Source: azure-ai-ml 1.35, ``DeploymentCollection``.
    """
    collector = getattr(rest.properties, "data_collector", None)
    collections = getattr(collector, "collections", None) or {}
    modes = {name: getattr(each, "data_collection_mode", None) for name, each in collections.items()}
    return {name: str(getattr(mode, "value", mode)).lower() == "enabled" for name, mode in modes.items()}


def _milliseconds(value: Any) -> int | None:
    if isinstance(value, timedelta):
        return round(value.total_seconds() * 1000)
    if isinstance(value, str) and value:
        from isodate import parse_duration  # type: ignore[import-untyped]  # comes with the client

        seconds: float = parse_duration(value).total_seconds()
        return round(seconds * 1000)
    return None
