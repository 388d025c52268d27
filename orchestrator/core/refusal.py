"""What a workspace answers when it cannot do what a resource asks, or does it in another way."""

from __future__ import annotations

from typing import NamedTuple

from orchestrator.core.tree import Path


class Refusal(NamedTuple):
    """One reason.

    Attributes:
        reason: in words, as the end of a sentence; may have several lines.
        path: the field of the resource's body that asks for it; empty means the resource as a whole.
        fix: what to do, if there is more to say than "ask another workspace".
        stops: False: the workspace does it, in another way than asked. The plan says so in one line and goes on.
    """

    reason: str
    path: Path = ()
    fix: str = ""
    stops: bool = True
