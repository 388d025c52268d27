"""What a spec may say and the client's loaders do not take."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.backends.azure.loader_body import for_loader
from orchestrator.backends.azure.normalise import normalised
from orchestrator.core.errors import Invalid
from orchestrator.kinds import discover

KINDS = discover()


@pytest.mark.parametrize(
    ("kind", "body", "wanted", "why"),
    [
        ("jobs", {"type": "finetuning", "training_data": "./a.jsonl", "validation_data": {"path": "./b.jsonl"}},
         {"type": "finetuning", "training_data": {"type": "uri_file", "path": "./a.jsonl"},
          "validation_data": {"path": "./b.jsonl"}}, "the client sends a text as it is"),
        ("jobs", {"inputs": {"n": {"type": "integer", "value": 3}}}, {"inputs": {"n": 3}}, "a value stands bare"),
        (
            "jobs",
            {"inputs": {"d": {"type": "uri_file", "path": "azureml:d:1"}, "n": 4}},
            {"inputs": {"d": {"type": "uri_file", "path": "azureml:d:1"}, "n": 4}},
            "data and bare values stay",
        ),
        (
            "jobs",
            {"type": "automl", "positive_label": True},
            {"type": "automl", "positive_label": "True"},
            "a label is a text",
        ),
        (
            "jobs",
            {"type": "command", "environment_variables": {"DEPTH": 3, "VERBOSE": True}},
            {"type": "command", "environment_variables": {"DEPTH": "3", "VERBOSE": "True"}},
            "values of variables are texts",
        ),
        ("jobs", {"command": "true"}, {"command": "true"}, "nothing to say otherwise"),
        (
            "compute",
            {"custom_applications": [{"name": "a", "image": {"type": "docker", "reference": "r"}}]},
            {"custom_applications": [{"name": "a", "image": {"reference": "r"}}]},
            "an image has no type",
        ),
        (
            "datastores",
            {"artifact": {"artifact_name": "house", "artifact_type": "lake_house"}},
            {"artifact": {"name": "house", "type": "lake_house"}},
            "the words of the JSON schema",
        ),
        ("datastores", {"artifact": {"name": "house"}}, {"artifact": {"name": "house"}}, "the words of the loader"),
        (
            "online_endpoints.deployments",
            {"data_collector": {"collections": {
                "a": {"enabled": True, "sampling_rate": 0.5}, "b": {"enabled": False, "sampling_rate": 0.5},
            }}},
            {"data_collector": {"collections": {"a": {"enabled": "true"}, "b": {"enabled": "false"}}, "sampling_rate": 0.5}},
            "texts, and one rate",
        ),
        (
            "online_endpoints.deployments",
            {"data_collector": {"collections": {"a": {"enabled": "true"}}, "sampling_rate": 0.1}},
            {"data_collector": {"collections": {"a": {"enabled": "true"}}, "sampling_rate": 0.1}},
            "as the loader wants it",
        ),
        (
            "online_endpoints.deployments",
            {"resources": {"limits": {"cpu": 1, "memory": "2Gi"}}},
            {"resources": {"limits": {"cpu": "1", "memory": "2Gi"}}},
            "amounts are texts",
        ),
        ("models", {"path": "x"}, {"path": "x"}, "a kind without rules"),
    ],
)  # fmt: skip
def test_bodies_are_said_as_the_loaders_take_them(
    kind: str, body: dict[str, Any], wanted: dict[str, Any], why: str
) -> None:
    assert for_loader(KINDS[kind], body) == wanted, why


def test_rates_that_differ_cannot_be_sent() -> None:
    collections = {"a": {"enabled": True, "sampling_rate": 0.5}, "b": {"enabled": True}}
    with pytest.raises(Invalid, match="one sampling_rate"):
        for_loader(KINDS["online_endpoints.deployments"], {"data_collector": {"collections": collections}})


@pytest.mark.parametrize(
    ("kind", "body", "wanted", "why"),
    [
        ("compute", {"network_settings": {"subnet": "/subscriptions/s/x", "public_ip_address": "1.2.3.4"}},
         {"network_settings": {"public_ip_address": "1.2.3.4"}}, "a name or an identifier was sent, nobody knows which"),
        ("compute", {"custom_applications": [{"name": "a", "image": {"reference": "r"}}]},
         {"custom_applications": [{"name": "a", "image": {"type": "docker", "reference": "r"}}]}, "the only type"),
        ("datastores", {"artifact": {"name": "house", "type": "lake_house"}},
         {"artifact": {"artifact_name": "house", "artifact_type": "lake_house"}}, "back again"),
        ("online_endpoints.deployments", {"data_collector": {"collections": {"a": {}}, "sampling_rate": 0.5}},
         {"data_collector": {"collections": {"a": {"sampling_rate": 0.5}}, "sampling_rate": 0.5}}, "at each as well"),
    ],
)  # fmt: skip
def test_and_come_back_as_a_spec_says_them(kind: str, body: dict[str, Any], wanted: dict[str, Any], why: str) -> None:
    assert normalised(KINDS[kind], body) == wanted, why
