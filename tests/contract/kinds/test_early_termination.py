"""Searches over text and images that end early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.kinds.azure_world import AzureWorld
from tests.contract.kinds.conftest import AZURE
from tests.contract.kinds.life import Life
from tests.contract.kinds.test_life import CASES

pytestmark = AZURE.marks
DEEP = [case for case in CASES if case.variant.startswith("automl.text") or case.variant.startswith("automl.image")]
POLICIES: list[dict[str, Any]] = [
    {"type": "bandit", "evaluation_interval": 1, "slack_factor": 0.1},
    {"type": "median_stopping", "delay_evaluation": 2, "evaluation_interval": 1},
    {"type": "truncation_selection", "truncation_percentage": 20, "evaluation_interval": 1},
]


@pytest.mark.parametrize("case", DEEP, ids=str)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: str(policy["type"]))
def test_a_search_that_ends_early_is_read_back(
    azure: AzureWorld, tmp_path: Path, case: Any, policy: dict[str, Any]
) -> None:
    life = Life(case, azure, tmp_path)
    life.edit({"sweep": {"sampling_algorithm": "random", "early_termination": policy}})
    life.apply()
