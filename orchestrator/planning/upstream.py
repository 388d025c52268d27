"""What a selection leaves out although it is needed."""

from __future__ import annotations

from orchestrator.core.change import Action, Change
from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.graph import closure
from orchestrator.planning.walk import Facts, Walk


def unselected_upstream(facts: Facts, walked: Walk) -> list[Diagnostic]:
    """A warning for each change upstream of the selection that is left out; an error where nothing is in force to go on with."""
    chosen = facts.selection.chosen
    if chosen is None:
        return []
    edges = {address: desired.depends_on for address, desired in facts.project.resources.items()}
    needed = closure((address for address in chosen if address in edges), edges) - chosen
    left_out = [walked.changes[address] for address in sorted(needed) if address in walked.changes]
    return [_finding(change, facts) for change in left_out if change.action is not Action.NOOP]


def _finding(change: Change, facts: Facts) -> Diagnostic:
    address = change.address
    missing = change.before is None
    consequence = "does not exist yet" if missing else f"has a change of its own ({change.reason}), which is left out"
    return Diagnostic(
        Severity.ERROR if missing else Severity.WARNING,
        "unselected-upstream",
        "Something upstream is not selected",
        f"{address} is upstream of what is selected, but not selected itself, and {consequence}.",
        f"Select it too: --select {address}, or everything upstream with `+` before the address.",
        subject=facts.project.resources[address].span,
        address=address,
    )
