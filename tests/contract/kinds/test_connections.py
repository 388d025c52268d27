"""A connection that the command line has written opens what it stands for: programs get its secret through the client of Azure."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.connection import connection_of
from tests.contract.kinds.azure_world import AzureWorld
from tests.contract.kinds.conftest import AZURE
from tests.contract.kinds.life import SECRETS, Life
from tests.contract.kinds.test_life import ALL
from tests.contract.kinds.worlds import EmbeddedWorld
from tests.unit.kinds.cases import Case

pytestmark = AZURE.marks
KEYED = [case for case in ALL if case.kind == "connections" and "api_key" in case.full]


@pytest.mark.parametrize("case", KEYED, ids=str)
def test_its_key_is_told_to_who_asks_and_to_no_one_else(case: Case, azure: AzureWorld, tmp_path: Path) -> None:
    Life(case, EmbeddedWorld(azure.root), tmp_path).apply()
    with closing(Client(connection_of(azure.target))) as client:
        hidden = client.read("get it", lambda ml: ml.connections.get(case.name))
        shown = client.read("get it", lambda ml: ml.connections.get(case.name, populate_secrets=True))
    assert (hidden.type, hidden.api_key) == (case.variant, None)
    assert shown.api_key == SECRETS["KEY"]
