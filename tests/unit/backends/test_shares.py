"""Traffic in words."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.backends.local.shares import shares, with_shares
from orchestrator.core.address import Address
from orchestrator.core.resource import Observed


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({"traffic": {"blue": 100}}, "blue 100 %"),
        ({"traffic": {"green": 10, "blue": 90, "red": 0}}, "blue 90 %, green 10 %"),
        ({"traffic": {"blue": 100}, "mirror_traffic": {"green": 20}}, "blue 100 %; mirrors to green 20 %"),
        ({"traffic": {"blue": 0}, "mirror_traffic": {"green": 0}}, "no traffic"),
        ({}, "no traffic"),
    ],
)
def test_shares_are_told(properties: dict[str, Any], text: str) -> None:
    assert shares(properties) == text


def test_a_message_about_health_comes_first() -> None:
    place = Address("online_endpoints", "hf", "traffic")
    assert (
        with_shares(Observed(place, "", properties={"traffic": {"blue": 100}}, message="stopped")).message == "stopped"
    )
    assert with_shares(Observed(place, "", properties={"traffic": {"blue": 100}})).message == "blue 100 %"
