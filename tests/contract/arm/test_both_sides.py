"""One workspace from two sides: what the wire writes the command line reads, and the other way round."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.local.backend import LocalBackend
from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint, digest_text
from orchestrator.core.ports import Request, SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.resource import ADDRESS_TAG, FINGERPRINT_TAG, OWNER_TAG
from orchestrator.core.value import LocalFiles, Secret
from orchestrator.kinds import discover
from orchestrator.workspace.arm.service import ArmService

PRINT = Fingerprint(digest_text("x"))


@pytest.fixture
def backend(service: ArmService, tmp_path: Path) -> Iterator[LocalBackend]:
    backend = LocalBackend(
        WorkspaceChoice("local", {"path": str(tmp_path / ".amlctl")}), "p", discover(), SystemClock()
    )
    yield backend
    backend.close()


def local(path: Path, text: str) -> LocalFiles:
    path.write_text(text)
    return LocalFiles(path, "d", path.name, {path.name: hashlib.sha256(path.read_bytes()).hexdigest()})


def test_what_an_apply_makes_is_seen_by_the_client(client: Any, backend: LocalBackend, tmp_path: Path) -> None:
    bodies: list[tuple[str, str, dict[str, Any], str]] = [
        ("compute.cpu", "", {"type": "amlcompute", "size": "Standard_DS3_v2", "max_instances": 3}, "amlcompute"),
        ("data.d", "v1", {"type": "uri_file", "path": local(tmp_path / "a.csv", "a\n1\n")}, "uri_file"),
        ("environments.e", "v1", {"image": "i", "tags": {"a": "b"}}, ""),
        ("models.m", "v1", {"type": "custom_model", "path": local(tmp_path / "m.txt", "m")}, "custom_model"),
        (
            "datastores.raw",
            "",
            {
                "type": "azure_blob", "account_name": "a", "container_name": "c",
                "credentials": {"account_key": Secret("KEY", "hush")},
            },
            "azure_blob",
        ),
    ]  # fmt: skip
    for address, revision, body, variant in bodies:
        backend.create(
            Request(
                Address.parse(address),
                revision=revision,
                properties=body,
                fingerprint=PRINT,
                owner="p",
                key=address,
                variant=variant,
            )
        )
    assert (client.compute.get("cpu").size, client.compute.get("cpu").max_instances) == ("STANDARD_DS3_V2", 3)
    assert client.compute.get("cpu").tags[OWNER_TAG] == "p"
    assert client.data.get("d", version="v1").type == "uri_file"
    assert client.environments.get("e", version="v1").tags == {
        "a": "b", OWNER_TAG: "p", ADDRESS_TAG: "environments.e", FINGERPRINT_TAG: PRINT.pack(),
    }  # fmt: skip
    assert client.models.get("m", label="latest").version == "v1"
    assert client.datastores.get("raw").account_name == "a"
    assert {kind: [one.name for one in getattr(client, kind).list()] for kind in ("data", "models")} == {
        "data": ["d"],
        "models": ["m"],
    }


def test_what_the_client_makes_is_a_body_of_its_kind(client: Any, backend: LocalBackend, tmp_path: Path) -> None:
    from azure.ai.ml import Input, automl, command
    from azure.ai.ml import entities as e

    (tmp_path / "a.csv").write_text("a\n1\n")
    marks = {OWNER_TAG: "p", ADDRESS_TAG: "compute.cpu", FINGERPRINT_TAG: PRINT.pack()}
    client.compute.begin_create_or_update(
        e.AmlCompute(name="cpu", size="S", tier="low_priority", tags={"team": "x", **marks})
    ).result()
    client.compute.begin_create_or_update(e.ComputeInstance(name="desk-1", size="S")).result()
    key = e.AccountKeyConfiguration(account_key="hush")
    client.datastores.create_or_update(
        e.AzureBlobDatastore(name="raw", account_name="a", container_name="c", credentials=key)
    )
    client.data.create_or_update(e.Data(name="d", version="1", type="uri_file", path=str(tmp_path / "a.csv")))
    client.environments.create_or_update(e.Environment(name="e", version="1", image="i"))
    client.jobs.create_or_update(
        command(
            name="c1", command="echo ${{inputs.n}} ${{inputs.d}}", environment="e:1", compute="cpu", tags={"a": "b"},
            inputs={"n": 3, "d": Input(type="uri_file", path="d:1", mode="download")},
        )
    )  # fmt: skip
    forecast = automl.forecasting(
        training_data=Input(type="mltable", path="d:1"), target_column_name="y", compute="cpu", n_cross_validations=2,
        primary_metric="normalized_root_mean_squared_error",
    )  # fmt: skip
    forecast.set_forecast_settings(time_column_name="t", forecast_horizon=12, target_lags=[1, 2], use_stl="season")
    forecast.set_limits(timeout_minutes=5, max_trials=2)
    forecast.name = "f1"
    client.jobs.create_or_update(forecast)
    client.jobs.begin_cancel("f1")
    client.online_endpoints.begin_create_or_update(e.ManagedOnlineEndpoint(name="heart", auth_mode="key")).result()
    kinds = discover()
    seen = {}
    for kind in ("compute", "datastores", "data", "environments", "jobs", "online_endpoints"):
        for observed in backend.list(kind):
            if "stand_in" in observed.attributes:
                continue
            model = kinds[kind].variants[kinds[kind].variant(observed.properties)]
            shown = {"account_key": "x"} if kind == "datastores" else None
            model.model_validate({**observed.properties, **({"credentials": shown} if shown else {})})
            seen[str(observed.address)] = observed
    assert set(seen) == {
        "compute.cpu", "compute.desk-1", "datastores.raw", "data.d", "environments.e", "jobs.c1", "jobs.f1",
        "online_endpoints.heart",
    }  # fmt: skip
    cluster = seen["compute.cpu"]
    assert (cluster.owner, cluster.fingerprint, cluster.properties["tier"]) == ("p", PRINT.pack(), "low_priority")
    assert seen["jobs.f1"].properties["forecasting"] == {
        "time_column_name": "t", "forecast_horizon": 12, "target_lags": [1, 2], "use_stl": "season",
    }  # fmt: skip
    assert b"hush" not in (tmp_path / ".amlctl" / "workspace.db").read_bytes()
