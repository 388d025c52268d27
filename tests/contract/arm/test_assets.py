"""Assets through the real client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def own(client: Any) -> list[Any]:
    """Environments that somebody made; the curated ones are in every workspace."""
    return [one for one in client.environments.list() if not one.name.startswith("AzureML-")]


def test_curated_environments_are_listed_and_got(client: Any) -> None:
    from azure.ai.ml.entities import Environment
    from azure.ai.ml.exceptions import ValidationException
    from azure.core.exceptions import HttpResponseError

    client.environments.create_or_update(Environment(name="sk", version="1", image="i"))
    listed = [one.name for one in client.environments.list()]
    assert listed[0] == "sk", "one's own come first"
    assert {"AzureML-sklearn-1.5", "AzureML-lightgbm-3.3", "AzureML-acpt-pytorch-2.2-cuda12.1"} <= set(listed)
    for name in listed[1:]:
        latest = client.environments.get(name, label="latest")
        assert (latest.name, latest.version, bool(latest.image)) == (name, "1", True)
        assert [one.version for one in client.environments.list(name)] == ["1"]
    assert client.environments.get("AzureML-sklearn-1.5", version="12").version == "12"
    assert "scikit-learn~=1.5.0" in client.environments.get("AzureML-sklearn-1.5", label="latest").description
    for name in ("AzureML-unheard-of", "sklearn-1.5"):
        with pytest.raises(ValidationException, match="does not exist in workspace"):
            client.environments.get(name, label="latest")
    with pytest.raises(HttpResponseError, match="cannot be changed"):
        client.environments.archive("AzureML-sklearn-1.5")


def test_the_workspace_is_there(client: Any) -> None:
    workspace = client.workspaces.get("local")
    assert (workspace.name, workspace.location) == ("local", "local")


def test_an_environment_is_made_read_and_listed(client: Any) -> None:
    from azure.ai.ml.entities import Environment

    made = client.environments.create_or_update(
        Environment(name="sk", version="1", image="python:3.11", tags={"a": "b"})
    )
    assert (made.name, made.version) == ("sk", "1")
    read = client.environments.get("sk", version="1")
    assert (read.image, read.tags, read.os_type) == ("python:3.11", {"a": "b"}, "Linux")
    assert [(one.name, one.latest_version) for one in own(client)] == [("sk", "1")]
    assert [one.version for one in client.environments.list("sk")] == ["1"]


def test_versions_and_whole_assets_are_archived_and_restored(client: Any) -> None:
    from azure.ai.ml.entities import Environment

    made = [client.environments.create_or_update(Environment(name="sk", image=f"i{n}")).version for n in range(3)]
    assert made == ["1", "2", "3"]
    client.environments.archive("sk", version="3")
    assert [one.version for one in client.environments.list("sk")] == ["2", "1"]
    client.environments.restore("sk", version="3")
    assert client.environments.get("sk", label="latest").version == "3"
    client.environments.archive("sk")
    assert own(client) == []
    client.environments.restore("sk")
    assert [one.name for one in own(client)] == ["sk"]


def test_labels_change_in_place(client: Any) -> None:
    from azure.ai.ml.entities import Environment

    client.environments.create_or_update(Environment(name="sk", version="1", image="i", tags={"a": "b"}))
    client.environments.create_or_update(Environment(name="sk", version="1", image="i", tags={"c": 1}, description="d"))
    read = client.environments.get("sk", version="1")
    assert (read.tags, read.description) == ({"c": "1"}, "d")


@pytest.mark.parametrize("manners", [{"any_workspace": True}], ids=["any"])
def test_any_names_of_azure_lead_to_the_workspace(client: Any, connect: Any) -> None:
    from azure.ai.ml.entities import Environment

    assert [one.name for one in client.workspaces.list()] == ["local"]
    client.environments.create_or_update(Environment(name="sk", version="1", image="i"))
    assert [one.name for one in own(connect("ml-prod"))] == ["sk"]


@pytest.mark.parametrize("reference", ["azureml:rows@latest", "azureml:rows:1"])
def test_references_are_resolved_by_version_and_by_label(client: Any, tmp_path: Path, reference: str) -> None:
    """``azure-ai-ml`` asks for the versions of ``azureml:NAME`` where a program says ``azureml:NAME@LABEL``."""
    from azure.ai.ml import Input, command
    from azure.ai.ml.entities import Data, Environment, Model

    content = tmp_path / "a.csv"
    content.write_text("a\n1\n")
    client.data.create_or_update(Data(name="rows", version="1", type="uri_file", path=str(content)))
    client.models.create_or_update(Model(name="rows", version="1", type="custom_model", path=str(content)))
    client.environments.create_or_update(Environment(name="rows", version="1", image="python:3.11"))
    inputs = {"a": Input(type="uri_file", path=reference), "m": Input(type="custom_model", path=reference)}
    line = "cat ${{inputs.a}} ${{inputs.m}}"
    job = client.jobs.create_or_update(command(command=line, environment=reference, compute="cpu", inputs=inputs))
    found = (job.inputs["a"].path, job.inputs["m"].path, job.environment)
    assert {name.removeprefix("azureml:") for name in found} == {"rows:1"}
