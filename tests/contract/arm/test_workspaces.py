"""The workspace as clients make, label and find it: one is served; others, and registries, are kept beside it as records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace.records.record import Record
from tests.wire.faults import FaultyService, Refuse

GET = "/workspaces/local$"


def workspace(name: str, **said: Any) -> Any:
    from azure.ai.ml.entities import Workspace

    return Workspace(name=name, **said)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits for five seconds before it asks how a deployment is."""
    azureml = pytest.importorskip("azure.ai.ml.constants._common", reason="needs the azure extra")
    monkeypatch.setattr(azureml.LROConfigurations, "SLEEP_TIME", 0.01)


def said(found: Any) -> tuple[Any, ...]:
    return found.name, found.display_name, found.description, dict(found.tags)


def told(client: Any) -> None:
    """Reading tells what creating has told."""
    (listed,) = client.workspaces.list()
    assert said(listed) == said(client.workspaces.get("local"))


def test_creating_the_one_that_there_is_labels_it(client: Any, service: FaultyService) -> None:
    for description in ("first", "first", "second"):
        made = client.workspaces.begin_create(
            workspace("local", display_name="Shown", description=description, tags={"team": "a"})
        ).result()
        assert said(made) == ("local", "Shown", description, {"team": "a"})
        told(client)
    assert client.workspaces.begin_create(workspace("local", tags={"more": "b"})).result().tags == {
        "team": "a", "more": "b",
    }  # fmt: skip
    assert [path for method, path in service.faults.log if method == "PUT"] == []


@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_creating_by_a_deployment_labels_it_too(client: Any, service: FaultyService, again: bool) -> None:
    for _ in range(1 + again):
        service.faults.add(Refuse(404, "ResourceNotFound", "not yet"), "GET", GET)
        made = client.workspaces.begin_create(
            workspace("local", display_name="Shown", description="by a template", tags={"team": "a"})
        ).result()
        name, shown, description, tags = said(made)
        assert (name, shown, description, tags["team"]) == ("local", "Shown", "by a template", "a")
        told(client)
    assert any("/deployments/" in path for method, path in service.faults.log if method == "PUT")


@pytest.mark.parametrize("path", ["found", "not found"])
def test_another_is_kept_beside_it_and_changes_nothing(client: Any, service: FaultyService, path: str) -> None:
    """With `found`, the client is shown the one workspace by the new one's name, and changes it in the place of making one."""
    before = said(client.workspaces.get("local"))
    if path == "not found":
        service.faults.add(Refuse(404, "ResourceNotFound", "not yet"), "GET", "/workspaces/other$")
    made = client.workspaces.begin_create(workspace("other", description="mine", tags={"a": "b"})).result()
    assert (made.name, made.description, made.tags["a"]) == ("other", "mine", "b")
    assert made.id.endswith("/workspaces/other")
    assert {each.name for each in client.workspaces.list()} == {"local", "other"}
    assert said(client.workspaces.get("local")) == before
    client.workspaces.begin_delete("other", delete_dependent_resources=False).result()
    assert [each.name for each in client.workspaces.list()] == ["local"]


def test_what_is_in_another_is_not_served(client: Any, connect: Any, service: FaultyService) -> None:
    from azure.core.exceptions import HttpResponseError

    client.workspaces.begin_create(workspace("other")).result()
    for ask in (
        lambda ml: list(ml.jobs.list()),
        lambda ml: ml.data.get("a", version="1"),
        lambda ml: ml.compute.get("b"),
    ):
        with pytest.raises(HttpResponseError, match="'other' is only recorded on this server") as caught:
            ask(connect("other"))
        assert caught.value.status_code == 404
    assert list(client.jobs.list()) == []


@pytest.mark.parametrize("manners", [{"any_workspace": True}], ids=["any"])
def test_who_works_under_another_name_reads_the_real_one(connect: Any) -> None:
    client = connect("ml-prod")
    assert client.workspaces.get("ml-prod").name == "local"
    assert client.workspaces.get("ml-prod").id.endswith("/workspaces/local")


def test_hubs_and_projects_are_kept_as_records(client: Any, service: FaultyService) -> None:
    from azure.ai.ml.entities import Hub, Project

    group = client.workspaces.get("local").id.rpartition("/")[0]
    hub = Hub(name="center", display_name="Center", location="westeurope")
    project = Project(name="part", hub_id=f"{group}/center")
    for entity, kind in ((hub, "hub"), (project, "project")):
        service.faults.add(Refuse(404, "ResourceNotFound", "not yet"), "GET", f"/workspaces/{entity.name}$")
        made = client.workspaces.begin_create(entity).result()
        assert (made.name, made._kind) == (entity.name, kind)
        assert type(client.workspaces.get(entity.name)) is type(entity)
    assert client.workspaces.get("part").hub_id == f"{group}/center"
    assert [each.name for each in client.workspaces.list(filtered_kinds="hub")] == ["center"]


def test_the_one_that_is_served_is_not_deleted_over_the_wire(client: Any) -> None:
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError, match="workspace reset"):
        client.workspaces.begin_delete("local", delete_dependent_resources=False).result()
    assert client.workspaces.get("local").name == "local"


def test_registries_are_kept_as_records(client: Any) -> None:
    from azure.ai.ml.entities import Registry
    from azure.core.exceptions import ResourceNotFoundError

    registry = Registry(name="shared", location="westeurope", replication_locations=[], tags={"a": "b"})
    client.registries.begin_create(registry).result()
    found = client.registries.get("shared")
    assert (found.name, found.location, found.tags) == ("shared", "westeurope", {"a": "b"})
    assert [each.name for each in client.registries.list()] == ["shared"]
    assert [each.name for each in client.registries.list(scope="subscription")] == ["shared"]
    client.registries.begin_delete(name="shared").result()
    with pytest.raises(ResourceNotFoundError):
        client.registries.get("shared")


@pytest.mark.parametrize("name", ["workspaceblobstore", "workspaceartifactstore"])
def test_a_default_datastore_is_labelled_and_stays_where_it_is(client: Any, name: str) -> None:
    from azure.ai.ml.entities import AzureBlobDatastore
    from azure.core.exceptions import HttpResponseError

    born = client.datastores.get(name)
    born.description = "ours"
    client.datastores.create_or_update(born)
    read = client.datastores.get(name, include_secrets=True)
    assert (read.description, read.account_name, read.container_name) == (
        "ours", born.account_name, born.container_name,
    )  # fmt: skip
    assert read.credentials.sas_token
    with pytest.raises(HttpResponseError, match=r"accountName. cannot be changed"):
        client.datastores.create_or_update(AzureBlobDatastore(name=name, account_name="a", container_name="c"))


def test_one_that_a_spec_places_elsewhere_is_still_the_folder_that_clients_upload_to(
    client: Any, service: FaultyService, tmp_path: Path
) -> None:
    from azure.ai.ml.entities import Data

    name = "workspaceblobstore"
    born = client.datastores.get(name)
    body = {"type": "azure_blob", "account_name": "acme", "container_name": "c", "description": "ours"}
    service.records.insert(Record("datastores", f"datastores.{name}", body=body))
    read = client.datastores.get(name)
    assert (read.account_name, read.container_name, read.description) == (
        born.account_name, born.container_name, "ours",
    )  # fmt: skip
    (tmp_path / "a.csv").write_text("x\n1\n")
    made = client.data.create_or_update(Data(name="a", version="1", type="uri_file", path=str(tmp_path / "a.csv")))
    assert f"/datastores/{name}/" in made.path
