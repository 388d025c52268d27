"""Bodies of online deployments, from the wire to CLI v2 and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.workspace.arm.job_bodies import CodePath
from orchestrator.workspace.arm.monitor_bodies import collector_body
from orchestrator.workspace.arm.scope import Scope, shorten
from orchestrator.workspace.arm.storage import localise
from orchestrator.workspace.arm.wording import camel, duration, seconds, snake, whole, without_nothing
from orchestrator.workspace.records import record_kinds

_MILLISECONDS: Mapping[str, str] = {"requestTimeout": "request_timeout_ms", "maxQueueWait": "max_queue_wait_ms"}
_IDS: Mapping[str, str] = {"model": record_kinds.MODELS, "environmentId": record_kinds.ENVIRONMENTS}
"""Members of ``properties`` that are ids, each with its collection."""

_SECONDS = ("initialDelay", "period", "timeout", "pollingInterval")


def deployment_body(sent: Mapping[str, Any], sku: Mapping[str, Any], code: CodePath) -> dict[str, Any]:
    """The CLI v2 body of a deployment's ``properties``, without tags.

    Raises:
        NotFound: its code is not there.
    """
    configuration = sent.get("codeConfiguration") or {}
    model, environment = sent.get("model"), sent.get("environmentId")
    fields = {
        "model": localise(shorten(str(model))) if model else None,
        "environment": shorten(str(environment)) if environment else None,
        "code_configuration": _code(configuration, code) if configuration else None,
        "environment_variables": sent.get("environmentVariables") or None,
        "instance_type": sent.get("instanceType"),
        "instance_count": sku.get("capacity") or 1,
        "app_insights_enabled": sent.get("appInsightsEnabled"),
        "model_mount_path": sent.get("modelMountPath"),
        "description": sent.get("description"),
        "properties": sent.get("properties") or None,
        "request_settings": _request_settings(sent.get("requestSettings") or {}) or None,
        "liveness_probe": _timed(sent.get("livenessProbe") or {}) or None,
        "readiness_probe": _timed(sent.get("readinessProbe") or {}) or None,
        "scale_settings": _scale(sent.get("scaleSettings") or {}) or None,
        "data_collector": collector_body(sent.get("dataCollector") or {}),
    }
    return without_nothing(fields)


def _code(sent: Mapping[str, Any], code: CodePath) -> dict[str, Any]:
    reference = sent.get("codeId")
    path = code(str(reference)) if reference else None
    return without_nothing({"code": path, "scoring_script": sent.get("scoringScript")})


def _request_settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in sent.items():
        if name in _MILLISECONDS and value is not None:
            fields[_MILLISECONDS[name]] = round(seconds(str(value)) * 1000)
        elif value is not None:
            fields[snake(name)] = value
    return fields


def _timed(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {
        snake(name): whole(seconds(str(value))) if name in _SECONDS else value
        for name, value in sent.items()
        if value is not None
    }


def _scale(sent: Mapping[str, Any]) -> dict[str, Any]:
    fields = _timed({name: value for name, value in sent.items() if name != "scaleType"})
    kind = sent.get("scaleType")
    return {**({"type": snake(str(kind))} if kind else {}), **fields}


def deployment_properties(body: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The ``properties`` of a CLI v2 body."""
    ids = {"model": body.get("model"), "environmentId": body.get("environment")}
    settings = body.get("request_settings") or {}
    back = {name: wire for wire, name in _MILLISECONDS.items()}
    fields = {
        **with_long_ids({name: value for name, value in ids.items() if isinstance(value, str)}, scope),
        "environmentVariables": body.get("environment_variables"),
        "instanceType": body.get("instance_type"),
        "appInsightsEnabled": bool(body.get("app_insights_enabled")),
        "requestSettings": {
            back.get(name, camel(name)): duration(value / 1000) if name in back else value
            for name, value in settings.items()
        }
        or None,
        "livenessProbe": _wire_timed(body.get("liveness_probe") or {}) or None,
        "readinessProbe": _wire_timed(body.get("readiness_probe") or {}) or None,
    }
    return without_nothing(fields)


def with_long_ids(properties: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """``properties`` with ids in their long form, in which the service tells them whatever form they came in."""
    found = dict(properties)
    for name, collection in _IDS.items():
        if isinstance(found.get(name), str):
            found[name] = scope.expand(found[name], collection)
    return found


def _wire_timed(body: Mapping[str, Any]) -> dict[str, Any]:
    named = {camel(name): value for name, value in body.items()}
    return {name: duration(value) if name in _SECONDS else value for name, value in named.items()}
