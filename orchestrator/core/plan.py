"""A plan: every decision, bound to the facts it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.resource import Applied, Desired, Observed, Removal

PLAN_FORMAT = 1

SAVED_PLAN_KEYS: Final = frozenset({"format", "project", "base", "changes"})
"""Keys of every plan that was written down, by which such a file is told from others."""

_COUNTED = ("create", "update", "revise", "run", "replace", "delete", "forget", "unchanged", "orphaned")


@dataclass(frozen=True, slots=True)
class PlanBase:
    """What a plan was made from; a saved plan is refused once any of it moved on.

    Attributes:
        lineage: the identity of the state; empty if there was none yet.
        serial: the state's number; grows with each apply that changes something.
        spec_digest: of the resolved spec, files included.
        workspace: the identity of the workspace.
    """

    lineage: str
    serial: int
    spec_digest: str
    workspace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One resource that a plan will act on, with everything the execution needs; never saved.

    Attributes:
        desired: None for deletions.
        resolved: desired properties with references pinned to the revisions this plan yields; `Unknown` where only the apply knows.
        fingerprint: complete with upstream.
        upstream: identities by address, kept in the state to name the culprit next time.
        applied: the last record, if any.
        observed: the live object in force, if any.
        reused: the live object that already is what is wanted, if any.
        owned: every live object at the address that is ours and goes away with a deletion or replacement: all versions, all runs.
        removal: what a deletion does to them; None if nothing is deleted.
        adopted: the live object that stays in force was made by others.
        making: how the new one is made, if the resource gets another name.
        former: the end of the old one then.
    """

    desired: Desired | None
    resolved: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: Fingerprint = Fingerprint("")
    upstream: Mapping[str, str] = field(default_factory=dict)
    applied: Applied | None = None
    observed: Observed | None = None
    reused: Observed | None = None
    owned: tuple[Observed, ...] = ()
    removal: Removal | None = None
    adopted: bool = False
    making: Action | None = None
    former: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All changes of one project in one workspace.

    Attributes:
        project, target: from the spec.
        base: see `PlanBase`.
        changes: sorted by address, unchanged resources included; the order of work is the graph's business.
        targets: what the execution needs for each change; not part of a saved plan.
        warnings: what the user should know before agreeing.
        workspace_label: for people: ``embedded workspace``.
    """

    project: str
    target: str
    base: PlanBase
    changes: tuple[Change, ...]
    targets: Mapping[Address, Target] = field(default_factory=dict, compare=False)
    warnings: tuple[Diagnostic, ...] = ()
    workspace_label: str = ""

    @property
    def effective(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(change for change in self.changes if change.action is not Action.NOOP)

    @property
    def work(self) -> tuple[Change, ...]:
        """What is done: the effective changes, and for each new name the end of the old one."""
        former = (self.targets[change.address].former for change in self.effective if change.former is not None)
        return (*self.effective, *(change for change in former if change is not None))

    def summary(self) -> dict[str, int]:
        """How many changes there are of each kind; keys as in the plan's JSON form."""
        counts = dict.fromkeys(_COUNTED, 0)
        for change in self.changes:
            if change.orphaned:
                counts["orphaned"] += 1
            elif change.action is Action.NOOP:
                counts["unchanged"] += 1
            else:
                counts[change.action.value] += 1
        return counts
