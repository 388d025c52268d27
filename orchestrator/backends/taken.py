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
        return Conflict(
            f"{what} exists already and belongs to the project '{owner}'.", fix="Give it another name in the spec."
        )
    return Conflict(
        f"{what} exists already with other content.",
        fix=f"Plan again. If it should belong to this project: amlctl apply --adopt --select {request.address}.",
    )
