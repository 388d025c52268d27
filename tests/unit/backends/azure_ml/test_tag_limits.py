"""Tags that Azure Resource Manager refuses are found when planning."""

from __future__ import annotations

import pytest

from orchestrator.backends.azure.specification.documented import broken_tags
from orchestrator.backends.azure.tag_limits import MOST, refused_tags
from orchestrator.kinds import discover

LIMITS = [
    ({"team": "hearts", "empty": "", "nothing": None}, ""),
    ({"n" * 512: "v" * 256}, ""),
    ({f"tag{number}": "v" for number in range(MOST)}, ""),
    ({f"tag{number}": "v" for number in range(MOST + 1)}, "47 tags; Azure allows 50, of which amlctl needs up to 4"),
    ({"n" * 513: "v"}, "name of a tag has 513 characters"),
    ({"team": "v" * 257}, "value of a tag has 257 characters"),
    ({"": "v"}, "empty"),
    *(({f"a{sign}b": "v"}, f"contains '{sign}'") for sign in "<>%&\\?/"),
]


@pytest.mark.parametrize(("tags", "reason"), LIMITS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_plan_says_what_the_service_refuses(tags: dict[str, str], reason: str) -> None:
    found = list(refused_tags({"tags": tags}))
    assert [reason in refusal.reason and bool(refusal.fix) for refusal in found] == ([True] if reason else [])
    if len(tags) <= MOST:
        assert bool(found) == bool(list(broken_tags({"tags": tags}))), "the judge of the wire has the same rule"


def test_these_kinds_have_tags_of_their_own() -> None:
    tracked = {key for key, kind in discover().items() if kind.azure.tracked}
    assert {"compute", "online_endpoints", "online_endpoints.deployments", "batch_endpoints", "workspaces"} <= tracked
    assert not tracked & {"data", "models", "jobs", "components", "schedules", "datastores", "connections"}
