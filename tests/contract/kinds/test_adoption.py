"""Every kind in every workspace: what others made is taken over with ``--adopt``, and released when it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.kind import Identity
from orchestrator.core.run import Outcome
from tests.contract.kinds.life import KINDS, Life
from tests.contract.kinds.worlds import World
from tests.unit.kinds.cases import Case, all_cases

ONE_OF_A_KIND = list({case.kind: case for case in reversed(list(all_cases())) if not case.refused}.values())

TOLD = {"roles", "online_endpoints", "online_endpoints.deployments"}
"""An assignment of a role has a name that only its content gives; the case of traffic has an endpoint and deployments."""

ADOPTABLE = [c for c in ONE_OF_A_KIND if KINDS[c.kind].identity is not Identity.RUN and c.kind not in TOLD]
"""Runs are nobody's: they are told by their content."""


@pytest.mark.parametrize("case", ADOPTABLE, ids=str)
def test_it_is_adopted_as_the_message_says_and_released(
    case: Case, world: World, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if world.refuses(case):
        pytest.skip("refused when planning")
    if str(case) == "components-train" and "azure" in request.node.callspec.id:
        pytest.skip(
            "open: the client reads a component's tags from its specification, where the wire keeps the marks as sent"
        )
    life = Life(case, world, tmp_path)
    life.do()
    life.forget()
    with pytest.raises(SpecError) as refused:
        life.do()
    mine = [problem for problem in refused.value.diagnostics if problem.address == life.address]
    assert [problem.code for problem in mine] == ["not-owned"], refused.value.diagnostics
    assert f"`amlctl apply --adopt --select {life.address}`" in mine[0].fix
    report = life.do(adopt=True)
    assert report is not None
    assert not report.failed
    assert life.changes() == {}, "it is at rest"
    adopted = {(o.address, o.revision) for o in life.live() if o.adopted}
    report = life.do(destroy=True)
    assert report is not None
    done = {r.address: r.outcome for r in report.results}
    assert {done[a] for a in done if a.name == life.address.name and a.section == life.address.section} == {
        Outcome.FORGOTTEN
    }
    assert {(o.address, o.revision) for o in life.live() if o.adopted} == adopted
