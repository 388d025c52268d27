"""Computes that the client has no class for: it lists them without their type, and its loader refuses them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from azure.ai.ml.entities import Compute

TYPES: Final = {
    "databricks": "Databricks",
    "datafactory": "DataFactory",
    "datalakeanalytics": "DataLakeAnalytics",
    "hdinsight": "HDInsight",
}
"""Types of bodies to those of the REST interface."""

_FIELDS: Final = {
    "workspace_url": "workspaceUrl",
    "databricks_access_token": "databricksAccessToken",
    "data_lake_store_account_name": "dataLakeStoreAccountName",
    "address": "address",
}
_ACCOUNT: Final = {"admin_username": "username", "admin_password": "password"}


class AttachedCompute(Compute):  # type: ignore[misc]  # the client has no types
    """One such compute.

    Args:
        body: of a spec, as plain data with ``name`` and ``type``.
        live: what the service adds: ``id`` and ``provisioning_state``.
    """

    def __init__(self, body: Mapping[str, Any], live: Mapping[str, Any]) -> None:
        shared = {name: body.get(name) for name in ("name", "type", "location", "description", "resource_id", "tags")}
        super().__init__(**shared, **live)
        self.body = dict(body)

    def _to_rest_object(self) -> Any:
        inner: dict[str, Any] = {_FIELDS[name]: value for name, value in self.body.items() if name in _FIELDS}
        if access := self.body.get("ssh_settings"):
            account = {_ACCOUNT[name]: value for name, value in access.items() if name in _ACCOUNT}
            if file := access.get("ssh_private_key_file"):
                account["privateKeyData"] = Path(file).read_text(encoding="utf-8")
            inner |= {"sshPort": access.get("ssh_port"), "administratorAccount": account}
        properties = {
            "computeType": TYPES[str(self.type).lower()],
            "resourceId": self.resource_id,
            "description": self.description,
            "properties": {name: value for name, value in inner.items() if value is not None},
        }
        return {
            "location": self.location,
            "tags": dict(self.tags or {}),
            "properties": {name: value for name, value in properties.items() if value is not None},
        }

    def _to_dict(self) -> dict[str, Any]:
        return {name: value for name, value in self.body.items() if name != "tags"}

    @classmethod
    def _load_from_rest(cls, rest_obj: Any) -> AttachedCompute:
        tree = rest_obj.serialize(keep_readonly=True) if hasattr(rest_obj, "serialize") else rest_obj.as_dict()
        properties = tree.get("properties") or {}
        inner = properties.get("properties") or {}
        port = inner.get("sshPort")
        body = {
            "name": tree.get("name"),
            "type": str(properties.get("computeType")).lower(),
            "location": tree.get("location"),
            "description": properties.get("description"),
            "resource_id": properties.get("resourceId"),
            "tags": tree.get("tags"),
            **{name: inner.get(wire) for name, wire in _FIELDS.items()},
            "ssh_settings": None if port is None else {"ssh_port": port},
        }
        live = {"id": tree.get("id"), "provisioning_state": properties.get("provisioningState")}
        return cls({name: value for name, value in body.items() if value is not None}, live)

    @classmethod
    def _load_from_dict(cls, data: Mapping[str, Any], context: Any, **kwargs: Any) -> AttachedCompute:
        return cls(data, {})


def load_attached(body: Mapping[str, Any]) -> AttachedCompute | None:
    """The entity of a body; None if the client's own loader reads its type."""
    return AttachedCompute(body, {}) if str(body.get("type")).lower() in TYPES else None


def all_computes(client: Any) -> list[Any]:
    """All computes of the workspace as entities."""
    operations = client.compute
    scope = operations._operation_scope.resource_group_name, operations._workspace_name
    return list(operations._operation.list(*scope, cls=lambda found: [_entity(each) for each in found]))


def one_compute(client: Any, name: str) -> Any:
    """One compute as an entity.

    Raises:
        ResourceNotFoundError: it is not there.
    """
    operations = client.compute
    scope = operations._operation_scope.resource_group_name, operations._workspace_name
    return _entity(operations._operation.get(*scope, name))


def _entity(found: Any) -> Any:
    type_name = str(found.properties.compute_type or "").lower()
    return AttachedCompute._load_from_rest(found) if type_name in TYPES else Compute._from_rest_object(found)
