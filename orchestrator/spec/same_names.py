"""Names that Azure Resource Manager takes for one, because they differ in upper and lower case only."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.spec.body_problems import error
from orchestrator.spec.draft import Draft


def same_names(drafts: Iterable[Draft]) -> list[Diagnostic]:
    """One error for each name that another one of its section equals but for case.

    Source: Azure Resource Manager, names of resources are compared without case.
    """
    first: dict[Address, Draft] = {}
    problems = []
    for draft in drafts:
        address = draft.address
        other = first.setdefault(address.folded, draft)
        if other is not draft and other.address != address:
            detail = f"'{address}' and '{other.address}' differ only in case; Azure treats them as the same name."
            fix = "Rename one of them."
            problems.append(
                error("duplicate-resource", detail, fix, draft.span, address, [("first defined here", other.span)])
            )
    return problems
