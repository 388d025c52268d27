"""What stands against a plan, or should be known before agreeing to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.diagnostic import Diagnostic, Severity, did_you_mean, nearest
from orchestrator.core.graph import closure
from orchestrator.core.reason import in_short
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired
from orchestrator.core.span import Span
from orchestrator.core.tree import span_at
from orchestrator.core.value import Reference
from orchestrator.planning.facts import Facts

_REGISTRY = "azureml://registries/"
_ALIKE = 0.8
"""How alike two names must be where what was written works too, so that only a slip of the finger is asked about."""


def refusal_problems(facts: Facts) -> list[Diagnostic]:
    """One error for each reason why the workspace cannot do what a resource asks, at the field that asks for it.

    What it does in another way is a warning, once however many resources ask for it.
    """
    found: list[Diagnostic] = []
    said: set[str] = set()
    for address, refusals in facts.observation.refusals.items():
        desired = facts.project.resources[address]
        for refusal in refusals if address in facts.selection else ():
            if refusal.stops:
                found.append(_refused(desired, refusal, facts.observation.label))
            elif refusal.reason not in said:
                said.add(refusal.reason)
                found.append(_otherwise(desired, refusal))
    return found


def unreadable_warnings(facts: Facts) -> list[Diagnostic]:
    """A warning for each object that the workspace has and nobody could read: it may be of others, or half made."""
    return [
        Diagnostic(
            Severity.WARNING,
            "unreadable-object",
            summary="An object cannot be read",
            detail=f"{address} in the {facts.observation.label} cannot be read: {reason}",
            fix="It is left alone. If it is not needed, delete it; if it is being created, plan again later.",
        )
        for address, reason in sorted(facts.observation.unreadable.items())
    ]


def _place(desired: Desired, refusal: Refusal) -> Span | None:
    return span_at(desired.source, refusal.path) if refusal.path and desired.source is not None else desired.span


def _otherwise(desired: Desired, refusal: Refusal) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        "stand-in",
        summary="Stand-in for a resource",
        detail=refusal.reason,
        fix=refusal.fix or "Choose another target to get exactly what the spec describes.",
        subject=_place(desired, refusal),
        address=desired.address,
    )


def _refused(desired: Desired, refusal: Refusal, label: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "refused-by-workspace",
        summary="Not supported by the workspace",
        detail=f"{desired.address} is not supported by the {label}: {refusal.reason.removesuffix('.')}.",
        fix=refusal.fix
        or "Change the resource, choose another target, or exclude it from this one with `lifecycle: {targets: […]}`.",
        subject=_place(desired, refusal),
        address=desired.address,
    )


def external_findings(facts: Facts) -> list[Diagnostic]:
    """An error for each mention of what does not exist, a warning for each that something else stands in for."""
    findings: dict[tuple[str, Span], Diagnostic] = {}
    for address, desired in facts.project.resources.items():
        if address not in facts.selection:
            continue
        for reference in desired.references:
            if reference.external and (str(reference), reference.span) not in findings:
                finding = _finding(reference, facts)
                if finding is not None:
                    findings[(str(reference), reference.span)] = finding
    return list(findings.values())


def _finding(reference: Reference, facts: Facts) -> Diagnostic | None:
    text = str(reference)
    found = facts.observation.externals.get(text)
    if found is None:
        return _missing(reference, facts)
    if not found.attributes.get("stand_in") or not found.message:
        return None
    near = nearest(reference.target.leaf, _beside(reference, facts), cutoff=_ALIKE)
    return Diagnostic(
        Severity.WARNING,
        "stand-in",
        summary="Stand-in for a resource",
        detail=found.message + (f" Did you mean '{near}'?" if near else ""),
        fix="Declare it in the spec to create it in other workspaces.",
        subject=reference.span,
    )


def _missing(reference: Reference, facts: Facts) -> Diagnostic:
    text = str(reference)
    known = facts.observation.nearest.get(text, ())
    declared = _beside(reference, facts)
    otherwise = f"Declare it under `{reference.target.section}:` or create it first."
    if text.startswith(_REGISTRY):
        otherwise = "Correct it. For the embedded workspace, map it to a local path under workspace.local.stand_ins."
    exists = f" Available: {', '.join(known[:5])}." if known else ""
    fix = did_you_mean(reference.target.leaf, (*declared, *known), otherwise)
    if reference.target.leaf in declared:
        fix = f"Use azureml:{reference.target.leaf}@latest for the version that this spec creates, or another version."
    return Diagnostic(
        Severity.ERROR,
        "external-not-found",
        summary="External resource not found",
        detail=f"{text} is neither in the spec nor in the {facts.observation.label}.{exists}",
        fix=fix,
        subject=reference.span,
    )


def _beside(reference: Reference, facts: Facts) -> list[str]:
    """Names that the spec declares where the mentioned one was looked for."""
    if str(reference).startswith(_REGISTRY):
        return []
    kind = reference.target.kind
    return [address.leaf for address in facts.project.resources if address.kind == kind]


def still_needed(facts: Facts, going: Collection[Address]) -> list[Diagnostic]:
    """An error for each mention of what pruning would take away: it left the spec, and the spec still refers to it."""
    return [
        Diagnostic(
            Severity.ERROR,
            "still-referenced",
            summary="Something removed from the spec is still in use",
            detail=f"{address} refers to {reference.target}, which was removed from the spec and would be deleted by this plan.",
            fix=f"Declare {reference.target} again, remove the reference, or plan without --prune.",
            subject=reference.span,
            address=address,
        )
        for address, desired in facts.project.resources.items()
        for reference in desired.references
        if reference.external and reference.target in going
    ]


def protected(address: Address, doing: str, desired: Desired | None) -> Diagnostic:
    """The refusal to delete or replace what says ``protect: true``."""
    return Diagnostic(
        Severity.ERROR,
        "protected",
        summary="Protected resource",
        detail=f"{address} is protected, and this plan would {doing}.",
        fix=f"Set `protect: false` in the lifecycle of {address} and apply that first."
        if desired
        else f"Add {address} again with `lifecycle: {{protect: false}}`, apply that, then remove it.",
        subject=desired.span if desired else None,
        address=address,
    )


def unselected_upstream(facts: Facts, decided: Mapping[Address, Change]) -> list[Diagnostic]:
    """A warning for each change upstream of the selection that is left out; an error where nothing is in force to go on with."""
    chosen = facts.selection.chosen
    if chosen is None:
        return []
    edges = {address: desired.depends_on for address, desired in facts.project.resources.items()}
    needed = closure((address for address in chosen if address in edges), edges) - chosen
    left_out = [decided[address] for address in sorted(needed) if address in decided]
    return [_left_out(change, facts) for change in left_out if change.action is not Action.NOOP]


def _left_out(change: Change, facts: Facts) -> Diagnostic:
    address = change.address
    missing = change.before is None
    consequence = (
        "does not exist yet" if missing else f"has its own change ({in_short(change.reasons)}), which is left out"
    )
    return Diagnostic(
        Severity.ERROR if missing else Severity.WARNING,
        "unselected-upstream",
        summary="Upstream resource not selected",
        detail=f"{address} is upstream of the selection but not selected, and {consequence}.",
        fix=f"Select it too: --select {address}, or everything upstream with `+` before the address.",
        subject=facts.project.resources[address].span,
        address=address,
    )
