"""Returned bodies in the form in which a spec says the same."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestrator.backends.azure.normalise import normalised, short
from orchestrator.kinds import discover
from tests.identifiers import LONG_AND_SHORT
from tests.identifiers import WORKSPACE as WS

KINDS = discover()


@pytest.mark.parametrize(("text", "wanted", "why"), LONG_AND_SHORT)
def test_identifiers_are_shortened(text: str, wanted: str, why: str) -> None:
    assert short(text) == wanted, why


@pytest.mark.parametrize(
    ("kind", "body", "wanted", "why"),
    [
        ("environments", {"conda_file": ""}, {}, "an image alone comes back with an empty conda file (recordings)"),
        (
            "environments",
            {"conda_file": '{"name": "x", "dependencies": ["pip"]}'},
            {"conda_file": {"name": "x", "dependencies": ["pip"]}},
            "conda text comes back as JSON text (recordings)",
        ),
        ("environments", {"conda_file": "name: x"}, {"conda_file": "name: x"}, "other text stays"),
        ("datastores", {"credentials": {}}, {}, "credentials are never returned (recordings)"),
        ("compute", {"idle_time_before_scale_down": "120"}, {"idle_time_before_scale_down": 120}, "seconds as text"),
        (
            "models",
            {"id": f"{WS}/models/m/versions/1"},
            {"id": f"{WS}/models/m/versions/1"},
            "the id itself stays long",
        ),
        (
            "compute",
            {"tags": {"for": f"{WS}/computes/cpu"}},
            {"tags": {"for": f"{WS}/computes/cpu"}},
            "what people write freely stays",
        ),
        (
            "online_endpoints.deployments",
            {"model": f"{WS}/models/m/versions/1", "environment_variables": {"A": "b"}},
            {"model": "azureml:m:1", "environment_variables": {"A": "b"}},
            "references inside a body",
        ),
    ],
)
def test_bodies_are_tidied(kind: str, body: dict[str, Any], wanted: dict[str, Any], why: str) -> None:
    assert normalised(KINDS[kind], body) == wanted, why


def test_environments_without_a_name_are_told() -> None:
    anonymous = re.compile(KINDS["environments"].azure.anonymous)
    assert anonymous.match("azureml:CliV2AnonymousEnvironment:0a1b")
    assert not anonymous.match("azureml:py:1")
