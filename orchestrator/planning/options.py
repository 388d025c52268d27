"""How to plan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a plan may contain.

    Attributes:
        prune: remove what is owned and has left the spec.
        adopt: take over live objects that bear no owner's mark.
        select: plan only these: ``jobs.train``, ``+jobs.train`` with everything upstream, ``jobs.train+`` with everything
            downstream, globs such as ``data.*``. Empty means everything.
        destroy: remove everything that is owned.
    """

    prune: bool = False
    adopt: bool = False
    select: tuple[str, ...] = ()
    destroy: bool = False
