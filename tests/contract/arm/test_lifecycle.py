"""The rest of what programs do with runs, endpoints and identities."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace.arm.account import CLIENT
from orchestrator.workspace.arm.tokens import TENANT
from tests.contract.arm.conftest import SUBSCRIPTION
from tests.wire.faults import Drop, FaultyService

ECHO = """
import json, os

def init():
    pass

def run(data):
    return {"who": os.environ["WHO"], "asked": json.loads(data)}
"""


def echo(**more: Any) -> Any:
    from azure.ai.ml import command

    return command(**{"command": "echo done", "environment": "e:1", **more})


@pytest.fixture
def ready(client: Any) -> Any:
    from azure.ai.ml.entities import Environment

    client.environments.create_or_update(Environment(name="e", version="1", image="python:3.11"))
    return client


@pytest.fixture
def endpoint(ready: Any, tmp_path: Path) -> Any:
    from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment, ManagedOnlineEndpoint

    code = tmp_path / "code"
    code.mkdir()
    (code / "score.py").write_text(ECHO)
    (tmp_path / "request.json").write_text('{"x": 1}')
    ready.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="heart", auth_mode="key")).result()
    for name in ("blue", "green"):
        deployment = ManagedOnlineDeployment(
            name=name, endpoint_name="heart", environment="e:1", instance_type="S", instance_count=1,
            code_configuration=CodeConfiguration(code=str(code), scoring_script="score.py"),
            environment_variables={"WHO": name},
        )  # fmt: skip
        ready.online_deployments.begin_create_or_update(deployment).result()
    return ready


def test_labels_of_a_run_change_and_it_is_archived(ready: Any) -> None:
    job = ready.jobs.create_or_update(echo(tags={"a": "b"}))
    ready.jobs.stream(job.name)
    read = ready.jobs.get(job.name)
    read.tags, read.display_name = {"a": "c", "new": "tag"}, "better"
    ready.jobs.create_or_update(read)
    read = ready.jobs.get(job.name)
    assert (read.tags, read.display_name, read.status) == ({"a": "c", "new": "tag"}, "better", "Completed")
    ready.jobs.archive(job.name)
    assert list(ready.jobs.list()) == []
    ready.jobs.restore(job.name)
    assert [one.name for one in ready.jobs.list(tag="new=tag")] == [job.name]
    assert list(ready.jobs.list(tag="new=other")) == []


def test_the_same_job_again_runs_once_and_another_under_its_name_is_refused(ready: Any) -> None:
    from azure.core.exceptions import ResourceExistsError

    ready.jobs.create_or_update(echo(name="j1"))
    ready.jobs.stream("j1")
    again = ready.jobs.create_or_update(echo(name="j1", tags={"x": "y"}))
    assert (again.status, again.tags) == ("Completed", {"x": "y"})
    with pytest.raises(ResourceExistsError, match="different content"):
        ready.jobs.create_or_update(echo(name="j1", command="echo other"))


def test_a_job_with_an_environment_of_its_own_leaves_lists_alone(ready: Any) -> None:
    from azure.ai.ml.entities import Environment

    job = ready.jobs.create_or_update(echo(environment=Environment(image="python:3.11")))
    ready.jobs.stream(job.name)
    named = [one.name for one in ready.environments.list() if not one.name.startswith("AzureML-")]
    assert named == ["e"]


def test_traffic_moves_and_deployments_are_asked_by_name(endpoint: Any, tmp_path: Path) -> None:
    def who(deployment: str | None = None) -> str:
        file = str(tmp_path / "request.json")
        answer = endpoint.online_endpoints.invoke("heart", request_file=file, deployment_name=deployment)
        return str(json.loads(answer)["who"])

    def shift(**shares: int) -> Any:
        live = endpoint.online_endpoints.get("heart")
        live.traffic = shares
        return endpoint.online_endpoints.begin_create_or_update(live).result()

    assert [who("blue"), who("green")] == ["blue", "green"]
    assert shift(blue=100).traffic == {"blue": 100}
    live = endpoint.online_endpoints.get("heart")
    live.mirror_traffic = {"green": 10}
    assert endpoint.online_endpoints.begin_create_or_update(live).result().mirror_traffic == {"green": 10}
    live = endpoint.online_endpoints.get("heart")
    live.mirror_traffic, live.traffic = {}, {"blue": 0, "green": 100}
    endpoint.online_endpoints.begin_create_or_update(live).result()
    assert endpoint.online_endpoints.get("heart").traffic == {"blue": 0, "green": 100}
    endpoint.online_deployments.begin_delete("blue", "heart").result()
    assert [one.name for one in endpoint.online_deployments.list("heart")] == ["green"]


def test_a_deployment_grows_and_keys_change(endpoint: Any) -> None:
    blue = endpoint.online_deployments.get("blue", "heart")
    blue.instance_count = 2
    endpoint.online_deployments.begin_create_or_update(blue).result()
    assert endpoint.online_deployments.get("blue", "heart").instance_count == 2
    before = endpoint.online_endpoints.get_keys("heart")
    endpoint.online_endpoints.begin_regenerate_keys("heart", key_type="secondary").result()
    after = endpoint.online_endpoints.get_keys("heart")
    assert (after.primary_key, after.secondary_key == before.secondary_key) == (before.primary_key, False)


def test_an_endpoint_with_tokens_instead_of_keys_answers(endpoint: Any, tmp_path: Path) -> None:
    live = endpoint.online_endpoints.get("heart")
    live.auth_mode, live.traffic = "aml_token", {"blue": 100}
    changed = endpoint.online_endpoints.begin_create_or_update(live).result()
    assert changed.auth_mode == "aml_token"
    assert endpoint.online_endpoints.get_keys("heart").access_token
    answer = endpoint.online_endpoints.invoke("heart", request_file=str(tmp_path / "request.json"))
    assert json.loads(answer)["who"] == "blue"


def test_a_deployment_that_does_not_start_says_why(endpoint: Any, tmp_path: Path) -> None:
    from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment
    from azure.core.exceptions import HttpResponseError

    (tmp_path / "code" / "bad.py").write_text("raise RuntimeError('no weights here')\n")
    bad = ManagedOnlineDeployment(
        name="bad", endpoint_name="heart", environment="e:1", instance_type="S", instance_count=1,
        code_configuration=CodeConfiguration(code=str(tmp_path / "code"), scoring_script="bad.py"),
    )  # fmt: skip
    with pytest.raises(HttpResponseError, match="no weights here"):
        endpoint.online_deployments.begin_create_or_update(bad).result()
    assert endpoint.online_deployments.get("bad", "heart").provisioning_state == "Failed"
    assert "no weights here" in endpoint.online_deployments.get_logs("bad", "heart", lines=50)


@pytest.mark.parametrize(
    "make",
    [
        lambda identity, service: identity.ClientSecretCredential(
            TENANT, CLIENT, service.tokens.secret, authority=service.url, disable_instance_discovery=True
        ),
        lambda identity, service: identity.ManagedIdentityCredential(),
        lambda identity, service: identity.DefaultAzureCredential(),
    ],
    ids=["client secret", "managed identity", "default"],
)
def test_credentials_that_open_it(
    connect: Callable[..., Any], service: FaultyService, make: Callable[[Any, FaultyService], Any]
) -> None:
    import azure.identity
    from azure.ai.ml import MLClient

    connect()
    credential = make(azure.identity, service)
    assert list(MLClient(credential, SUBSCRIPTION, "local", "local").compute.list()) == []


def test_sixteen_threads_share_a_client(ready: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from azure.ai.ml.entities import AmlCompute, Environment

    def work(number: int) -> None:
        ready.environments.create_or_update(Environment(name=f"t{number}", version="1", image="i"))
        ready.compute.begin_create_or_update(AmlCompute(name=f"c{number}", size="S")).result()
        assert ready.environments.get(f"t{number}", version="1").image == "i"

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(32)))
    assert len(list(ready.compute.list())) == 32


def test_an_answer_lost_after_the_effect_makes_nothing_twice(
    ready: Any, service: FaultyService, tmp_path: Path
) -> None:
    from azure.ai.ml import entities as e

    (tmp_path / "m.txt").write_text("m")
    blob = e.AzureBlobDatastore(name="raw", account_name="a", container_name="c")
    calls: dict[str, Callable[[], Any]] = {
        "/computes/": lambda: ready.compute.begin_create_or_update(e.AmlCompute(name="cpu", size="S")).result(),
        "/datastores/raw": lambda: ready.datastores.create_or_update(blob),
        "/data/": lambda: ready.data.create_or_update(
            e.Data(name="d", version="1", type="uri_file", path=str(tmp_path / "m.txt"))
        ),
        "/models/": lambda: ready.models.create_or_update(e.Model(name="m", version="1", path=str(tmp_path / "m.txt"))),
        "/jobs/": lambda: ready.jobs.create_or_update(echo(name="j")),
        "/onlineEndpoints/heart$": lambda: ready.online_endpoints.begin_create_or_update(
            e.ManagedOnlineEndpoint(name="heart", auth_mode="key")
        ).result(),
    }
    for path, call in calls.items():
        rule = service.faults.add(Drop(effect=True), "PUT", path)
        call()
        assert rule.struck == 1, path
    found = sorted(f"{record.address} {record.revision}".strip() for record in service.records.list())
    assert found == [
        "compute.cpu", "data.d 1", "datastores.raw", "environments.e 1", "jobs.j j", "models.m 1",
        "online_endpoints.heart",
    ]  # fmt: skip
