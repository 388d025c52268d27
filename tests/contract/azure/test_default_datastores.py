"""The datastores that a workspace of Azure is born with, written in a spec: adopted, and then at rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.change import Action
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import WorkspaceChoice
from tests.contract.azure.birth import Life
from tests.contract.azure.blob_wire import BlobWire
from tests.contract.azure.wire import WORKSPACE, Answer, Exchange, Wire

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("blobs")]

KEY = "c2VjcmV0"
BLOB = {"type": "azure_blob", "account_name": "acme", "container_name": "c"}
FILE = {"type": "azure_file", "account_name": "acme", "file_share_name": "s"}
KEYED = {"credentials": {"account_key": "${secret.k}"}}


class Born:
    """A rule for the wire: one datastore that the service made, with an account key unless somebody writes it without."""

    def __init__(self, name: str, place: dict[str, Any]) -> None:
        self.path = f"/datastores/{name}".lower()
        self.name = name
        self.keyed = True
        self.written: list[dict[str, Any]] = []
        self.properties: dict[str, Any] = {
            **place, "accountName": "acme", "endpoint": "core.windows.net", "protocol": "https",
            "credentials": {"credentialsType": "AccountKey"}, "isDefault": True, "tags": None, "description": None,
        }  # fmt: skip

    def __call__(self, exchange: Exchange) -> Answer | None:
        if exchange.path == f"{self.path}/listsecrets":
            return Answer(200, {"secretsType": "AccountKey", "key": KEY})
        if exchange.path == "/datastores" and exchange.method == "GET":
            return Answer(200, {"value": [self._view()]})
        if exchange.path != self.path:
            return None
        assert exchange.method != "DELETE", "the service needs it"
        if exchange.method == "PUT":
            sent = dict(exchange.body["properties"])
            self.written.append(sent)
            self.keyed = sent["credentials"]["credentialsType"] == "AccountKey"
            kept = {"credentialsType": sent["credentials"]["credentialsType"]}
            self.properties = {**self.properties, **sent, "credentials": kept}
        return Answer(200, self._view())

    def _view(self) -> dict[str, Any]:
        return {"id": f"{WORKSPACE}/datastores/{self.name}", "name": self.name, "properties": self.properties}


CASES = [
    ("workspaceblobstore", {"datastoreType": "AzureBlob", "containerName": "c"}, BLOB),
    ("workspaceblobstore", {"datastoreType": "AzureBlob", "containerName": "c"}, {**BLOB, **KEYED}),
    ("workspaceartifactstore", {"datastoreType": "AzureBlob", "containerName": "c"}, {**BLOB, "tags": {"a": 1}}),
    ("workspacefilestore", {"datastoreType": "AzureFile", "fileShareName": "s"}, {**FILE, **KEYED}),
    ("workspaceworkingdirectory", {"datastoreType": "AzureFile", "fileShareName": "s"}, {**FILE, **KEYED}),
]


@pytest.fixture
def life(tmp_path: Path, choice: WorkspaceChoice, wire: Wire) -> Life:
    life = Life(tmp_path, choice)
    life.environ["A_KEY"] = KEY
    return life


def say(life: Life, name: str, body: dict[str, Any]) -> None:
    life.say({}, compute={}, secrets={"k": {"env": "A_KEY"}}, datastores={name: body})


@pytest.mark.parametrize(("name", "place", "body"), CASES)
def test_it_is_adopted_on_demand_and_then_at_rest(
    life: Life, wire: Wire, blobs: BlobWire, name: str, place: dict[str, Any], body: dict[str, Any]
) -> None:
    born = Born(name, place)
    wire.rules.append(born)
    say(life, name, body)
    with pytest.raises(SpecError, match="not-owned"):
        life.plan()
    assert life.plan(adopt=True) == {f"datastores.{name}": Action.UPDATE}
    life.apply(adopt=True)
    assert life.plan() == {}
    assert len(born.written) == 1
    assert born.keyed, "a spec that says nothing of credentials does not take them away"
    say(life, name, {**body, "description": "another"})
    life.apply()
    assert born.properties["description"] == "another"
    assert life.plan() == {}
    assert life.plan(destroy=True) == {f"datastores.{name}": Action.FORGET}
    life.apply(destroy=True)
    assert life.plan(destroy=True) == {}


def test_another_account_is_refused(life: Life, wire: Wire) -> None:
    wire.rules.append(Born("workspaceblobstore", {"datastoreType": "AzureBlob", "containerName": "c"}))
    say(life, "workspaceblobstore", {**BLOB, "account_name": "other"})
    with pytest.raises(SpecError, match="adopt-would-replace"):
        life.plan(adopt=True)
