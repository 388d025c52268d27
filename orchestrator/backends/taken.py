"""The refusal to make what exists already with other content."""

from __future__ import annotations

from orchestrator.core.errors import Conflict
from orchestrator.core.ports import Request


def taken(request: Request, owner: str | None) -> Conflict:
    """The error for a name that is taken; the plan, made earlier, did not know.

    Args:
        owner: the project that owns what is there; None if nobody marked it.
    """
    what = f"{request.address} {request.revision}".rstrip()
    if owner not in (None, request.owner):
        return Conflict(f"{what} already exists and is owned by project '{owner}'.", fix="Rename it in the spec.")
    return Conflict(
        f"{what} already exists with different content.",
        fix=f"Create a new plan. To adopt it, run: amlctl apply --adopt --select {request.address}.",
    )
