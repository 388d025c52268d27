"""Bodies of data, models and environments: from the wire to CLI v2 and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from orchestrator.core.errors import Invalid
from orchestrator.core.kind import Kind
from orchestrator.core.wire import AssetWire
from orchestrator.workspace.arm.assets import AssetKind
from orchestrator.workspace.arm.ids import with_ids
from orchestrator.workspace.arm.scope import Scope, shorten
from orchestrator.workspace.arm.storage import localise
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import JOB_PROPERTY, Record
from orchestrator.workspace.references.curated import PREFIX, VERSION, catalogue, hosted


def _data_body(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": sent.get("dataType") or "uri_folder", "path": _path(sent, "dataUri")}


def _data_wire(body: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    return {
        "dataType": body.get("type") or "uri_folder",
        "dataUri": str(body.get("path") or ""),
        "properties": dict(body.get("properties") or {}),
    }


def _model_body(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": sent.get("modelType") or "custom_model", "path": _path(sent, "modelUri")}


def _model_wire(body: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    properties = dict(body.get("properties") or {})
    return {
        "modelType": body.get("type") or "custom_model",
        "modelUri": str(body.get("path") or ""),
        "properties": properties,
        **({"jobName": properties[JOB_PROPERTY]} if JOB_PROPERTY in properties else {}),
    }


def _model_complete(properties: dict[str, Any]) -> dict[str, Any]:
    return {**properties, "flavors": properties.get("flavors") or {}, "stage": properties.get("stage") or "Development"}


def environment_body(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The CLI v2 body of an environment's ``properties``.

    Raises:
        Invalid: the conda file is no YAML mapping.
    """
    body: dict[str, Any] = {"image": sent.get("image")}
    if sent.get("condaFile"):
        body["conda_file"] = _conda(str(sent["condaFile"]))
    build = sent.get("build")
    if build:
        body["build"] = {"path": build.get("contextUri"), "dockerfile_path": build.get("dockerfilePath")}
    if sent.get("osType"):
        body["os_type"] = str(sent["osType"]).lower()
    return {name: value for name, value in body.items() if value is not None}


def _conda(text: str) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Invalid(f"The conda file is not valid YAML: {error}.") from None
    if not isinstance(tree, dict):
        raise Invalid("The conda file is not a mapping.")
    return tree


def _environment_wire(body: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    conda = body.get("conda_file")
    build = body.get("build") or {}
    properties = {
        "image": body.get("image"),
        "condaFile": json.dumps(conda) if isinstance(conda, Mapping) else None,
        "build": {"contextUri": build.get("path"), "dockerfilePath": build.get("dockerfile_path")} if build else None,
        "osType": str(body.get("os_type") or "linux").capitalize(),
    }
    return {name: value for name, value in properties.items() if value is not None}


def _environment_complete(properties: dict[str, Any]) -> dict[str, Any]:
    # The service gives conda files back as JSON text. Source: recordings of azure-ai-ml, environments.
    conda = properties.get("condaFile")
    return {
        **properties,
        "condaFile": json.dumps(_conda(str(conda))) if conda else "",
        "environmentType": "Curated" if hosted(str(properties.get("image") or "")) else "UserCreated",
        "osType": properties.get("osType") or "Linux",
        "autoRebuild": properties.get("autoRebuild") or "Disabled",
        "stage": properties.get("stage"),
    }


def _curated() -> tuple[Record, ...]:
    """The curated environments, as an Azure workspace has them."""
    return tuple(
        Record(
            record_kinds.ENVIRONMENTS,
            f"{record_kinds.ENVIRONMENTS}.{PREFIX}{entry.name}",
            VERSION,
            body={"image": entry.image, "description": f"Python {entry.python} with {', '.join(entry.packages)}"},
        )
        for entry in catalogue()
    )


def _path(sent: Mapping[str, Any], name: str) -> str:
    text = sent.get(name)
    if not isinstance(text, str) or not text:
        raise Invalid(f"'{name}' is missing.")
    return localise(shorten(text))


def _as_is(properties: dict[str, Any]) -> dict[str, Any]:
    return properties


def versions_of(kind: Kind, wire: AssetWire) -> AssetKind:
    """A kind that says itself how it looks on the wire."""
    return AssetKind(
        kind.key,
        lambda sent: wire.body(with_ids(sent, wire.ids, lambda text, _: shorten(text))),
        lambda body, scope: with_ids(wire.properties(body), wire.ids, scope.expand),
        _as_is,
        (409, "Conflict"),
        document=wire.document,
        collection=wire.collection,
    )


ASSETS = (
    AssetKind(record_kinds.DATA, _data_body, _data_wire, _as_is, (400, "UserError")),
    AssetKind(record_kinds.MODELS, _model_body, _model_wire, _model_complete, (400, "UserError")),
    AssetKind(
        record_kinds.ENVIRONMENTS,
        environment_body,
        _environment_wire,
        _environment_complete,
        (409, "Conflict"),
        _curated,
    ),
)
