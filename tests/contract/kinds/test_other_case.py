"""Names and identifiers that Azure tells in another case than the spec's: no drift, no second object, in every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from orchestrator.core.run import Outcome
from tests.contract.kinds.azure_world import AzureWorld
from tests.contract.kinds.life import Life
from tests.contract.kinds.test_life import CASES
from tests.unit.kinds.cases import Case

KINDS: Final = ("jobs", "datastores", "online_endpoints.deployments", "online_endpoints.traffic")
"""With what they mention, these are all that have names on the wire."""
ONE_OF_EACH = {case.kind: case for case in reversed(CASES) if case.kind in KINDS}
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("case", ONE_OF_EACH.values(), ids=str)
def test_a_name_told_in_capitals_is_the_same_name(azure: AzureWorld, tmp_path: Path, case: Case) -> None:
    azure.meter.shouting.on = True
    life = Life(case, azure, tmp_path)
    life.apply()  # and see that nothing is left to do
    there = [str(observed.address) for observed in life.live()]
    assert len({name.lower() for name in there}) == len(set(there)), "nothing is there twice"
    if case.kind == "datastores":
        life.edit(case.label or {})
        assert {result.outcome for result in life.apply().values()} == {Outcome.UPDATED}
