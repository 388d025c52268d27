"""Bodies that were in drift for ever on Azure: the plan after the apply is empty, in both workspaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from tests.contract.kinds.life import Life
from tests.contract.kinds.test_life import CASES
from tests.contract.kinds.worlds import World
from tests.unit.kinds.cases import Case

BLUE = next(case for case in CASES if str(case) == "online_endpoints.deployments-blue")
WHOLE = next(case for case in CASES if case.kind == "online_endpoints" and case.variant == "managed")
CLUSTER = next(case for case in CASES if case.variant == "amlcompute")
INSTANCE = next(case for case in CASES if case.variant == "computeinstance")
SCRIPT = next(case for case in CASES if str(case) == "jobs-script")
WHO: Final = (
    "/subscriptions/aaaaaaaa-0000-0000-0000-000000000001/resourceGroups/Group_One/providers/Microsoft.ManagedIdentity"
    "/userAssignedIdentities/snake_And-Camel"
)

INLINE: Final = {
    "a model with a name": {"model": {"name": "inline-model", "path": "weights.bin", "type": "custom_model"}},
    "a model with a version": {"model": {"name": "inline-model", "version": "3", "path": "weights.bin"}},
    "an environment with a name": {"environment": {"name": "inline-env", "image": "example/base"}},
    "an environment with a version": {"environment": {"name": "inline-env", "version": 1.10, "image": "example/base"}},
    "both without": {"model": {"path": "weights.bin"}, "environment": {"image": "example/base"}},
}


def rest(life: Life, patch: dict[str, Any]) -> None:
    life.edit(patch)
    life.apply()
    life.edit({**patch, "tags": {"team": "other"}})
    life.apply()


@pytest.mark.parametrize("patch", INLINE.values(), ids=list(INLINE))
def test_an_asset_inside_a_deployment_is_at_rest(world: World, tmp_path: Path, patch: dict[str, Any]) -> None:
    (tmp_path / "weights.bin").write_text("w")
    rest(Life(BLUE, world, tmp_path), patch)


@pytest.mark.parametrize("enabled", [True, False, "True", "true", "FALSE", "False"])
def test_a_collector_is_at_rest(world: World, tmp_path: Path, enabled: Any) -> None:
    collector = {
        "collections": {
            name: {"enabled": enabled, "sampling_rate": 0.5} for name in ("model_inputs", "snake_And-Camel")
        }
    }
    rest(Life(BLUE, world, tmp_path), {"data_collector": collector})


@pytest.mark.parametrize(
    "identities",
    [[WHO], [{"resource_id": WHO}], [{"resource_id": WHO.lower()}]],
    ids=["texts", "mappings", "in other case"],
)
def test_identities_are_at_rest(world: World, tmp_path: Path, identities: list[Any]) -> None:
    identity = {"type": "user_assigned", "user_assigned_identities": identities}
    rest(Life(WHOLE, world, tmp_path), {"identity": identity})


@pytest.mark.parametrize("case", [CLUSTER, INSTANCE], ids=["a cluster", "an instance"])
@pytest.mark.parametrize(
    "identity",
    [
        {"type": "system_assigned"},
        {"type": "user_assigned", "user_assigned_identities": [{"resource_id": WHO}]},
        {"type": "userAssigned", "user_assigned_identities": [WHO.lower(), WHO.replace("snake", "Kebab-")]},
    ],
    ids=["the system's", "a user's", "users' as texts"],
)
def test_identities_of_a_compute_are_at_rest(
    azure: World, tmp_path: Path, case: Case, identity: dict[str, Any]
) -> None:
    life = Life(case, azure, tmp_path)
    life.edit({"identity": identity})
    life.apply()
    [live] = life.live(life.address)
    assert life.changes() == {}, "and read again, it is the same"
    kept = [user["resource_id"].lower() for user in live.properties["identity"].get("user_assigned_identities", ())]
    sent = [
        user if isinstance(user, str) else user["resource_id"] for user in identity.get("user_assigned_identities", ())
    ]
    assert sorted(kept) == sorted(user.lower() for user in sent)


@pytest.mark.parametrize(
    "identity",
    [
        {"type": "managed", "client_id": "aaaaaaaa-0000-0000-0000-00000000000B"},
        {"type": "managed_identity"},
        {"type": "user_identity"},
        {"type": "aml_token"},
    ],
    ids=lambda identity: str(identity["type"]),
)
def test_identities_of_a_job_are_at_rest(world: World, tmp_path: Path, identity: dict[str, Any]) -> None:
    rest(Life(SCRIPT, world, tmp_path), {"identity": identity})


def test_a_job_may_have_capitals_in_its_name(world: World, tmp_path: Path) -> None:
    life = Life(SCRIPT, world, tmp_path)
    text = (tmp_path / "spec.yaml").read_text()
    (tmp_path / "spec.yaml").write_text(text.replace(f"  {SCRIPT.name}:", "  Train_Model-V2:"))
    life.apply()
