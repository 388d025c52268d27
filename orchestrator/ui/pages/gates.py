"""What has to be true before the traffic of an endpoint changes, and how far that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.gate_results import GateResult, results_of
from orchestrator.core.health import Health
from orchestrator.core.resource import Check
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.values import moment

_WAITS: Final = "waits for apply"
_RUNS: Final = "in progress"
_CLASS: Final = {_RUNS: "health-progressing", "passed": "good", "failed": "bad"}


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition.

    Attributes:
        word: how it is.
        look: its class in the style sheet.
        detail: since when, or why not.
    """

    word: str
    look: str
    text: str
    detail: str = ""


def gates_part(
    snapshot: Snapshot, parts: Sequence[Address], inner: Sequence[Address], traffic: str
) -> dict[str, Any] | None:
    """The conditions; None if the endpoint has neither deployments nor tests.

    Args:
        parts: of the endpoint: deployments and traffic.
        inner: its deployments.
        traffic: who gets how much after the next apply, in words; empty if that is as now.
    """
    rows = [_deployment(snapshot, each) for each in inner]
    for each in (*inner, *(part for part in parts if part not in inner)):
        desired = snapshot.project.resources.get(each)
        rows += [_test(snapshot, each, check, each in inner) for check in (desired.checks if desired else ())]
    if traffic:
        moving = any(part in snapshot.unfinished for part in parts if part not in inner)
        rows.append(_gate(_RUNS if moving else _WAITS, f"then the traffic changes: {traffic}"))
    if not rows:
        return None
    busy = [each for each in parts if _is_busy(snapshot, each)]
    waiting = [each for each in parts if _is_waiting(snapshot, each)]
    lead = "No rollout is in progress. The conditions of the last one:"
    if busy:
        lead = "A rollout is in progress. The traffic changes when all of this is true:"
    elif waiting:
        lead = "The next apply starts a rollout. The traffic changes when all of this is true:"
    return {"lead": lead, "rows": rows, "busy": bool(busy)}


def _gate(word: str, text: str, detail: str = "") -> Gate:
    return Gate(word, _CLASS.get(word, f"health-{word}"), text, detail)


def _is_busy(snapshot: Snapshot, address: Address) -> bool:
    status = snapshot.status_of.get(address)
    return address in snapshot.unfinished or (status is not None and status.health is Health.PROGRESSING)


def _is_waiting(snapshot: Snapshot, address: Address) -> bool:
    change = snapshot.changes.get(address)
    return change is not None and change.action is not Action.NOOP


def _deployment(snapshot: Snapshot, address: Address) -> Gate:
    text = f"deployment {address.leaf} is healthy"
    status = snapshot.status_of[address]
    explained = "" if status.foreseen else status.message
    if address in snapshot.unfinished:
        since = f"since {moment(snapshot.unfinished[address])}"
        return _gate(_RUNS, text, f"{since}: {explained}" if explained else since)
    if _is_busy(snapshot, address):
        return _gate(_RUNS, text, explained)
    return _gate(_WAITS if _is_waiting(snapshot, address) else status.health.value, text, explained)


def _test(snapshot: Snapshot, address: Address, check: Check, alone: bool) -> Gate:  # noqa: FBT001  # a fact of the kind
    text = f"test “{check.name}” passes {f'on {address.leaf}' if alone else 'through the traffic'}"
    found = next((each for each in results_of(snapshot.tests, address) if each.name == check.name), None)
    if address in snapshot.unfinished or _is_waiting(snapshot, address):
        word = _RUNS if address in snapshot.unfinished else "not run yet"
        return _gate(word, text, f"last time: {_outcome_text(found)}" if found is not None else "")
    if found is None:
        return _gate("not run yet", text)
    return _gate("failed" if found.problem else "passed", text, _outcome_text(found, brief=True))


def _outcome_text(result: GateResult, *, brief: bool = False) -> str:
    if result.problem:
        return f"{'' if brief else 'failed, '}{moment(result.at)}: {result.problem}"
    return f"{'' if brief else 'passed, '}{moment(result.at)}, status {result.status}"
