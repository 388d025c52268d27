"""A colleague with another client: what it changes of ours is shown and mended, what is its own stays; and lists that lag mislead nobody.

The client is ``azure-mgmt-machinelearningservices``, which shares no code with the one that we use.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.change import Action
from orchestrator.workspace.arm.account import CLIENT, GROUP, SUBSCRIPTION, WORKSPACE
from tests.contract.kinds import conftest
from tests.contract.kinds.azure_world import AzureWorld
from tests.contract.kinds.life import Life
from tests.unit.kinds.cases import Case, all_cases
from tests.wire.faults import FaultyService

CASES = {str(case): case for case in all_cases()}
FOREIGN = {"colleague": "was here"}


class Colleague:
    """Reads and writes resources by path, through the independent client's own pipeline."""

    def __init__(self, world: AzureWorld) -> None:
        mgmt = pytest.importorskip("azure.mgmt.machinelearningservices", reason="needs the dev extra")
        connection = world.target["connection"]
        self._token = _token(world)
        self.client = mgmt.MachineLearningServicesMgmtClient(
            self,
            SUBSCRIPTION,
            base_url=connection["resource_manager"],
            connection_verify=connection["ca_file"],
        )

    def get_token(self, *scopes: str, **more: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken(self._token, int(time.time()) + 3600)

    def edit(self, group: str, *names: str, change: Callable[[Any], None]) -> None:
        """Read a resource, change it, and write it."""
        operations = getattr(self.client, group)
        found = operations.get(GROUP, WORKSPACE, *names)
        change(found)
        write = getattr(operations, "begin_create_or_update", None) or operations.create_or_update
        done = write(GROUP, WORKSPACE, *names, found)
        if hasattr(done, "result"):
            done.result()

    def get(self, group: str, *names: str) -> Any:
        return getattr(self.client, group).get(GROUP, WORKSPACE, *names)


def _token(world: AzureWorld) -> str:
    import requests

    connection, principal = world.target["connection"], world.target["credential"]["client_secret"]
    form = {"client_id": CLIENT, "client_secret": principal["client_secret"].reveal(), "grant_type": "client_credentials",
            "scope": f"{connection['resource_manager']}/.default"}  # fmt: skip
    place = f"{connection['authority']}/{principal['tenant_id']}/oauth2/v2.0/token"
    return str(requests.post(place, data=form, verify=connection["ca_file"], timeout=30).json()["access_token"])


@dataclass(frozen=True)
class Edit:
    """What a colleague does.

    Attributes:
        case: to which resource.
        group: of operations of the client.
        names: of the resource; ``VERSION`` stands for the version that we made.
        change: of the resource as the client reads it.
        drift: whether a plan shows it.
        kept: reads what shall still be there when we have written the resource again, as a mapping.
    """

    case: str
    group: str
    names: tuple[str, ...]
    change: Callable[[Any], None]
    drift: bool
    kept: Callable[[Any], Mapping[str, Any]] | None = None


def _set(*path: str, to: Any) -> Callable[[Any], None]:
    """Set a member of a model to a value; add to one that is a mapping."""

    def change(found: Any) -> None:
        for name in path[:-1]:
            found = getattr(found, name)
        before = getattr(found, path[-1], None)
        setattr(found, path[-1], {**(before or {}), **to} if isinstance(to, Mapping) else to)

    return change


def _read(*path: str) -> Callable[[Any], Mapping[str, Any]]:
    def read(found: Any) -> Mapping[str, Any]:
        for name in path:
            found = getattr(found, name)
        return dict(found)  # type: ignore[call-overload, no-any-return]

    return read


CLUSTER, ENDPOINT, BLUE = "compute-cpu-cluster", "online_endpoints-scores", "online_endpoints.deployments-blue"
SCALE = ("properties", "properties", "scale_settings", "max_node_count")
EDITS: Mapping[str, Edit] = {
    "nodes of a cluster": Edit(CLUSTER, "compute", ("cpu-cluster",), _set(*SCALE, to=9), True),
    "a tag on a cluster": Edit(CLUSTER, "compute", ("cpu-cluster",), _set("tags", to=FOREIGN), False, _read("tags")),
    "description of an endpoint": Edit(
        ENDPOINT, "online_endpoints", ("scores",), _set("properties", "description", to="mine"), True
    ),
    "a tag on an endpoint": Edit(
        ENDPOINT, "online_endpoints", ("scores",), _set("tags", to=FOREIGN), False, _read("tags")
    ),
    "instances of a deployment": Edit(BLUE, "online_deployments", ("whole", "blue"), _set("sku", "capacity", to=3), True),
    "our variable of a deployment": Edit(
        BLUE, "online_deployments", ("whole", "blue"), _set("properties", "environment_variables", to={"DEPTH": "9"}), True
    ),
    "a variable of its own on a deployment": Edit(
        BLUE, "online_deployments", ("whole", "blue"), _set("properties", "environment_variables", to=FOREIGN), False,
        _read("properties", "environment_variables"),
    ),
    "a tag on a deployment": Edit(
        BLUE, "online_deployments", ("whole", "blue"), _set("tags", to=FOREIGN), False, _read("tags")
    ),
    "traffic": Edit(
        "online_endpoints.traffic-traffic", "online_endpoints", ("whole",), lambda found: setattr(found.properties, "traffic", {}),
        True,
    ),
    "an archived version": Edit(
        "data-far-away", "data_versions", ("far-away", "VERSION"), _set("properties", "is_archived", to=True), True
    ),
    "a tag on a version": Edit(
        "data-far-away", "data_versions", ("far-away", "VERSION"), _set("properties", "tags", to=FOREIGN), False,
        _read("properties", "tags"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_what_is_ours_is_mended_and_what_is_not_stays(edit: Edit, azure: AzureWorld, tmp_path: Path) -> None:
    case: Case = CASES[edit.case]
    life = Life(case, azure, tmp_path)
    life.edit({"data_collector": None} if "data_collector" in case.full else {})  # the other client's version is older
    made = life.apply()
    colleague = Colleague(azure)
    version = made[life.address].revision if "VERSION" in edit.names else ""
    names = tuple(version if name == "VERSION" else name for name in edit.names)
    colleague.edit(edit.group, *names, change=edit.change)
    if edit.drift:
        changes = life.changes()
        assert set(changes) == {life.address}, {address: change.action for address, change in changes.items()}
        assert changes[life.address].action is not Action.REPLACE
        life.apply()
    else:
        life.settled()
        if case.label:
            life.edit({**case.label, "data_collector": None} if "data_collector" in case.full else case.label)
            life.apply()
    if edit.kept is not None:
        kept = edit.kept(colleague.get(edit.group, *names))
        assert FOREIGN.items() <= kept.items()


LAG_S = 3600.0


@pytest.fixture
def lagging(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> AzureWorld:
    """The same world, whose lists show what there was an hour ago."""
    monkeypatch.setattr(conftest, "FaultyService", partial(FaultyService, list_lag_s=LAG_S))
    world: AzureWorld = request.getfixturevalue("azure")
    return world


@pytest.mark.parametrize(
    "name",
    [CLUSTER, BLUE, "online_endpoints.traffic-traffic", "data-far-away", "models-plain-files", "schedules-nightly"],
)
def test_lists_that_lag_make_no_plan_wrong(name: str, lagging: AzureWorld, tmp_path: Path) -> None:
    life = Life(CASES[name], lagging, tmp_path)
    life.apply()
    if life.case.label:
        life.edit(life.case.label)
        life.apply()
    life.leave()
    life.apply(prune=True)


LISTS = (
    "compute", "datastores", "data_containers", "model_containers", "environment_containers", "component_containers", "jobs",
    "online_endpoints", "batch_endpoints", "schedules", "workspace_connections",
)  # fmt: skip


def test_the_other_client_reads_everything(azure: AzureWorld) -> None:
    """Its own models read what the wire tells."""
    colleague = Colleague(azure)
    for group in LISTS:
        assert isinstance(list(getattr(colleague.client, group).list(GROUP, WORKSPACE)), list), group
    assert colleague.client.workspaces.get(GROUP, WORKSPACE).provisioning_state == "Succeeded"
    assert [each.name for each in colleague.client.workspaces.list_by_resource_group(GROUP)] == [WORKSPACE]
    assert list(colleague.client.usages.list("local")) and list(colleague.client.quotas.list("local"))
    assert colleague.client.virtual_machine_sizes.list("local").value
    assert list(colleague.client.workspace_features.list(GROUP, WORKSPACE)) == []
