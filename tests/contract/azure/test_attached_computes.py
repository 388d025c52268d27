"""Computes that azure-ai-ml has no class for are sent as its REST models have them, and come back as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("azure.ai.ml")

from azure.ai.ml._restclient.arm_ml_service import models

from orchestrator.backends.azure import sdk
from orchestrator.kinds import discover

KIND = discover()["compute"]
PLACE = "/subscriptions/s/resourceGroups/g/providers/p/x"
BODIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "databricks": (
        {"workspace_url": "https://adb-1.2.azuredatabricks.net", "databricks_access_token": "hush"},
        {"workspaceUrl": "https://adb-1.2.azuredatabricks.net", "databricksAccessToken": "hush"},
    ),
    "datafactory": ({}, {}),
    "datalakeanalytics": ({"data_lake_store_account_name": "a"}, {"dataLakeStoreAccountName": "a"}),
    "hdinsight": (
        {
            "address": "a.example.org",
            "ssh_settings": {"admin_username": "me", "admin_password": "hush", "ssh_port": 22},
        },
        {"address": "a.example.org", "sshPort": 22, "administratorAccount": {"username": "me", "password": "hush"}},
    ),
}


def test_every_type_of_the_rest_interface_is_tried() -> None:
    assert BODIES.keys() == KIND.azure.rest.keys()


@pytest.mark.parametrize("type_", BODIES)
def test_a_body_goes_and_comes_back(type_: str) -> None:
    more, inner = BODIES[type_]
    body = {"name": "c", "type": type_, "resource_id": PLACE, "description": "d", "tags": {"a": "b"}, **more}
    entity = sdk.load_attached(body)
    assert entity is not None
    sent = entity._to_rest_object()
    assert sent["tags"] == {"a": "b"}
    assert sent["properties"]["computeType"] == KIND.azure.rest[type_]
    assert (sent["properties"]["resourceId"], sent["properties"]["description"]) == (PLACE, "d")
    assert sent["properties"].get("properties") == inner
    read = models.ComputeResource({"name": "c", **sent})
    assert type(read.properties).__name__ == KIND.azure.rest[type_]
    back = sdk.body_of(type(entity)._load_from_rest(read))
    access = {"ssh_settings": {"ssh_port": 22}} if "ssh_settings" in body else {}
    assert back == {**body, **access}


def test_a_key_in_a_file_is_sent(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("private")
    access = {"admin_username": "me", "ssh_private_key_file": str(tmp_path / "key")}
    entity = sdk.load_attached({"name": "c", "type": "HDInsight", "resource_id": PLACE, "ssh_settings": access})
    assert entity is not None
    account = entity._to_rest_object()["properties"]["properties"]["administratorAccount"]
    assert account == {"username": "me", "privateKeyData": "private"}


def test_types_that_the_client_reads_are_left_to_it() -> None:
    assert [name for name in KIND.azure.readers if sdk.load_attached({"name": "c", "type": name}) is not None] == []
