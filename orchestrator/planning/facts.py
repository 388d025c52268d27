"""What stands against a plan before anything is decided: externals that are missing, wishes the workspace cannot fulfil."""

from __future__ import annotations

from orchestrator.core.diagnostic import Diagnostic, Severity, did_you_mean
from orchestrator.core.span import Span
from orchestrator.core.value import Reference
from orchestrator.planning.walk import Facts


def refusal_problems(facts: Facts) -> list[Diagnostic]:
    """One error for each resource that the workspace cannot do."""
    return [
        Diagnostic(
            Severity.ERROR,
            "refused-by-workspace",
            "The workspace cannot do this",
            f"{address} cannot be done in {facts.observation.label}: {why}",
            "Change the resource, choose another target, or keep it out of this one with `lifecycle: {targets: […]}`.",
            subject=facts.project.resources[address].span,
            address=address,
        )
        for address, why in facts.observation.refusals.items()
        if address in facts.selection and address in facts.project.resources
    ]


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
    return Diagnostic(
        Severity.WARNING,
        "stand-in",
        "Something stands in for a resource",
        found.message,
        "Declare it in the spec if another workspace shall have it.",
        subject=reference.span,
    )


def _missing(reference: Reference, facts: Facts) -> Diagnostic:
    text = str(reference)
    known = facts.observation.nearest.get(text, ())
    exists = f" Known there: {', '.join(known[:5])}." if known else ""
    return Diagnostic(
        Severity.ERROR,
        "external-not-found",
        "Something outside the spec does not exist",
        f"{text} is neither in the spec nor in {facts.observation.label}.{exists}",
        did_you_mean(
            reference.target.leaf, known, f"Declare it under `{reference.target.section}:` or create it first."
        ),
        subject=reference.span,
    )
