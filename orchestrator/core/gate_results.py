"""What the tests of endpoints said when they ran last: an apply keeps it, pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.run import CheckResult

NOTE: Final = "endpoint-tests"
"""Name of the document among the notes of a project's state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The last result of one test.

    Attributes:
        at: when, an ISO time.
        deployment: what it was addressed to; empty means through the endpoint's traffic.
        status: of HTTP; 0 if no answer came.
        problem: why it failed, without secrets; empty means passed.
    """

    name: str
    deployment: str
    status: int
    problem: str
    at: str


def with_results(
    note: Mapping[str, Any] | None, address: Address, results: Iterable[CheckResult], at: str
) -> dict[str, Any]:
    """The document with the results of a resource in place of its older ones. Answers themselves are not kept.

    Args:
        note: the document so far.
        at: now, an ISO time.
    """
    kept = [
        {"name": each.name, "deployment": each.deployment, "status": each.status, "problem": each.problem, "at": at}
        for each in results
    ]
    return {**(note or {}), str(address): kept}


def results_of(note: Mapping[str, Any] | None, address: Address) -> list[GateResult]:
    """The last results of a resource; empty if none of its tests was ever sent."""
    rows = (note or {}).get(str(address))
    return [
        GateResult(
            name=str(row.get("name") or ""),
            deployment=str(row.get("deployment") or ""),
            status=int(row.get("status") or 0),
            problem=str(row.get("problem") or ""),
            at=str(row.get("at") or ""),
        )
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping)
    ]
