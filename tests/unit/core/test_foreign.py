"""What an update sends: what the spec says, and beside it what others have put there."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.core.fields import root_node
from orchestrator.core.foreign import with_foreign
from orchestrator.core.resource import OWNER_TAG
from orchestrator.core.tree import Path
from orchestrator.kinds import discover

KINDS = discover()
CLUSTER = root_node(KINDS["compute"], "amlcompute")
DEPLOYMENT = root_node(KINDS["online_endpoints.deployments"], "managed")
MODEL = root_node(KINDS["models"], "custom_model")

# model, the spec's body, the live body, removed, what is sent
BODIES: list[tuple[Any, dict[str, Any], dict[str, Any], set[Path], dict[str, Any]]] = [
    (CLUSTER, {"tags": {"a": "1"}}, {"tags": {"b": "2"}}, set(), {"tags": {"a": "1", "b": "2"}}),
    (CLUSTER, {"tags": {"a": "1"}}, {"tags": {"a": "9"}}, set(), {"tags": {"a": "1"}}),
    (CLUSTER, {"tags": {}}, {"tags": {"a": "1", "b": "2"}}, {("tags", "a")}, {"tags": {"b": "2"}}),
    (CLUSTER, {}, {"tags": {"a": "1"}}, {("tags",)}, {}),
    (CLUSTER, {}, {"tags": {"a": "1"}}, set(), {"tags": {"a": "1"}}),
    (CLUSTER, {"tags": {}}, {"tags": {OWNER_TAG: "other"}}, set(), {"tags": {}}),
    (
        CLUSTER,
        {},
        {"description": "mine", "id": "/x", "provisioning_state": "Succeeded"},
        set(),
        {"description": "mine"},
    ),
    (CLUSTER, {}, {"description": None, "tags": {}}, set(), {}),
    (
        CLUSTER,
        {"max_instances": 2},
        {"max_instances": 9, "min_instances": 1},
        set(),
        {"max_instances": 2, "min_instances": 1},
    ),
    (
        DEPLOYMENT,
        {"environment_variables": {"A": "1"}},
        {"environment_variables": {"B": "2"}, "instance_count": 3},
        set(),
        {"environment_variables": {"A": "1", "B": "2"}, "instance_count": 3},
    ),
    (
        DEPLOYMENT,
        {"request_settings": {"request_timeout_ms": 1}},
        {"request_settings": {"request_timeout_ms": 5, "max_concurrent_requests_per_instance": 4}},
        set(),
        {"request_settings": {"request_timeout_ms": 1, "max_concurrent_requests_per_instance": 4}},
    ),
    (  # members of another type of scaling
        DEPLOYMENT,
        {"scale_settings": {"type": "default"}},
        {"scale_settings": {"type": "target_utilization", "min_instances": 2}},
        set(),
        {"scale_settings": {"type": "default"}},
    ),
]


@pytest.mark.parametrize(("node", "written", "live", "removed", "sent"), BODIES)
def test_what_others_have_put_there_is_sent_along(
    node: Any, written: dict[str, Any], live: dict[str, Any], removed: set[Path], sent: dict[str, Any]
) -> None:
    before = repr((written, live))
    assert with_foreign(written, live, removed, node) == sent
    assert repr((written, live)) == before, "nothing is changed in place"
    assert with_foreign(sent, live, removed, node) == sent


def test_of_a_version_only_labels_are_sent_along() -> None:
    live = {"path": "azureml://x", "description": "mine", "tags": {"b": "2"}}
    sent = with_foreign({"tags": {"a": "1"}}, live, (), MODEL, labels=True)
    assert sent == {"tags": {"a": "1", "b": "2"}, "description": "mine"}
