"""Computes, datastores and what is uploaded from local paths, through the real client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml


def test_a_cluster_and_an_instance(client: Any) -> None:
    from azure.ai.ml.entities import AmlCompute, ComputeInstance

    cluster = AmlCompute(
        name="cpu", size="Standard_DS3_v2", min_instances=0, max_instances=2, idle_time_before_scale_down=180
    )
    made = client.compute.begin_create_or_update(cluster).result()
    assert (made.name, made.type, made.size, made.max_instances) == ("cpu", "amlcompute", "STANDARD_DS3_V2", 2)
    instance = client.compute.begin_create_or_update(ComputeInstance(name="desk-1", size="Standard_DS3_v2")).result()
    assert (instance.type, instance.state) == ("computeinstance", "Running")
    client.compute.begin_stop("desk-1").result()
    assert client.compute.get("desk-1").state == "Stopped"
    assert [one.name for one in client.compute.list()] == ["cpu", "desk-1"]
    read = client.compute.get("cpu")
    assert (read.idle_time_before_scale_down, read.provisioning_state) == (180, "Succeeded")
    read.max_instances = 3
    client.compute.begin_update(read).result()
    assert client.compute.get("cpu").max_instances == 3
    client.compute.begin_delete("cpu").wait()
    assert [one.name for one in client.compute.list()] == ["desk-1"]


def test_a_blob_datastore_with_a_key(client: Any) -> None:
    from azure.ai.ml.entities import AccountKeyConfiguration, AzureBlobDatastore

    store = AzureBlobDatastore(
        name="raw",
        account_name="acme",
        container_name="files",
        credentials=AccountKeyConfiguration(account_key="c2VjcmV0"),
    )
    made = client.datastores.create_or_update(store)
    assert (made.name, made.account_name, made.container_name) == ("raw", "acme", "files")
    assert getattr(client.datastores.get("raw").credentials, "account_key", None) is None
    assert client.datastores.get("raw", include_secrets=True).credentials.account_key == "c2VjcmV0"
    assert "raw" in [one.name for one in client.datastores.list()]
    assert client.datastores.get_default().name == "workspaceblobstore"
    client.datastores.delete("raw")
    assert "raw" not in [one.name for one in client.datastores.list()]


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("uri_file", lambda folder: folder / "a.csv"),
        ("uri_folder", lambda folder: folder),
        ("mltable", lambda folder: folder),
    ],
)
def test_data_from_a_local_path(client: Any, tmp_path: Path, kind: str, make: Any) -> None:
    from azure.ai.ml.entities import Data

    folder = tmp_path / "table"
    folder.mkdir()
    (folder / "a.csv").write_text("x,y\n1,2\n")
    (folder / "MLTable").write_text("paths: [{file: ./a.csv}]\ntransformations: [{read_delimited: {delimiter: ','}}]\n")
    made = client.data.create_or_update(Data(name="d", version="1", type=kind, path=str(make(folder))))
    assert made.path.startswith("azureml://")
    assert (client.data.get("d", version="1").type, client.data.get("d", label="latest").version) == (kind, "1")
    again = client.data.create_or_update(Data(name="d", type=kind, path=str(make(folder))))
    assert again.version == "2"
    assert [one.version for one in client.data.list("d")] == ["2", "1"]
    client.data.archive("d", version="2")
    assert [one.version for one in client.data.list("d")] == ["1"]


@pytest.mark.parametrize(("kind", "shown"), [("uri_folder", "UriFolder"), ("mltable", "MLTable")])
def test_the_data_plane_shows_a_version_of_data(client: Any, tmp_path: Path, kind: str, shown: str) -> None:
    """What mltable.load asks for; it can read a folder, and asks the public Azure for every address of a datastore."""
    from azure.ai.ml.entities import Data

    folder = tmp_path / "table"
    folder.mkdir()
    (folder / "MLTable").write_text("paths: [{file: ./a.csv}]\ntransformations: [{read_delimited: {delimiter: ','}}]\n")
    (folder / "a.csv").write_text("x,y\n1,2\n")
    client.data.create_or_update(Data(name="d", version="1", type=kind, path=str(folder), description="two columns"))
    scope = (client.subscription_id, client.resource_group_name, client.workspace_name)
    found = client.jobs._dataset_dataplane_operations._operation.get(*scope, "d", "1")
    version = found.data_version
    assert (version.data_type, version.version_id, version.mutable_props.description) == (shown, "1", "two columns")
    assert version.data_uri.startswith(f"azureml://subscriptions/{scope[0]}/")
    assert found.additional_properties["isV2"] is (kind != "mltable")
    if kind == "mltable":
        (entry,) = yaml.safe_load(found.additional_properties["legacyDataflow"])["paths"]
        assert entry["file"].startswith("file:///")
        assert Path(entry["file"].removeprefix("file://")).read_text() == "x,y\n1,2\n"


def test_an_environment_of_image_and_conda_file(client: Any, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Environment

    conda = tmp_path / "conda.yaml"
    conda.write_text("name: e\ndependencies:\n  - python=3.11\n  - pip: [requests]\n")
    wanted = Environment(name="e", version="1", image="ubuntu", conda_file=str(conda), description="d")
    client.environments.create_or_update(wanted)
    read = client.environments.get("e", version="1")
    assert read.conda_file == {"name": "e", "dependencies": ["python=3.11", {"pip": ["requests"]}]}


def test_a_model_from_a_local_path(client: Any, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Model

    (tmp_path / "m.txt").write_text("model")
    made = client.models.create_or_update(Model(name="m", path=str(tmp_path / "m.txt"), type="custom_model"))
    assert (made.name, made.version) == ("m", "1")
    client.models.download("m", version="1", download_path=str(tmp_path / "got"))
    got = [path for path in (tmp_path / "got").rglob("m.txt") if path.is_file()]
    assert [path.read_text() for path in got] == ["model"]
