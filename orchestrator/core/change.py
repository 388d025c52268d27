"""What a plan decides about one resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.reason import Cause, Reason
from orchestrator.core.span import Span
from orchestrator.core.tree import Path


class Action(StrEnum):
    """What to do with a resource, from harmless to grave. The gravest field decides for the resource."""

    NOOP = "noop"
    FORGET = "forget"
    UPDATE = "update"
    REVISE = "revise"
    RUN = "run"
    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"

    @property
    def severity(self) -> int:
        """Position in the order above."""
        return _SEVERITY[self]


_SEVERITY = {action: number for number, action in enumerate(Action)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field on which desired, applied and observed disagree.

    Attributes:
        path: inside the resource's properties.
        applied, desired, observed: plain data; `ABSENT` where the state does not have the field. Secrets appear as their digest form.
        action: NOOP means that the difference is known and left alone; the reason says why.
        reason: a cause such as CHANGED, DRIFT or IGNORED; its culprit is the ingredient that moved on, or the rule of the kind's model.
    """

    path: Path
    applied: Any
    desired: Any
    observed: Any
    action: Action
    reason: Reason

    @property
    def drift(self) -> bool:
        """The spec did not change, yet the workspace differs: somebody else changed it."""
        return bool(self.applied == self.desired and self.observed != self.desired)


class _Absent:
    """The value of a field that is not there. A type of its own, because None is a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(absent)"

    def __bool__(self) -> bool:
        return False


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Registered:
    """An asset that is none yet: a job of the spec registers it.

    Attributes:
        reference: as the spec has it.
        job: which makes it.
    """

    reference: str
    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one resource.

    Attributes:
        address: the resource.
        action: see `Action`.
        reasons: gravest first; at least one.
        fields: the fields behind it, suppressed ones included.
        before: the revision that is in force now; None if there is none (empty for named resources that exist).
        after: the revision that will be in force; None if only the apply can know it, or the resource goes away.
        depends_on: addresses whose change must come first.
        span: its place in the spec; None if it left the spec.
        orphaned: it left the spec and stays untouched, because pruning was not asked for.
        reuse: the wanted revision exists already (an earlier run, an older version); only the record moves.
        drift: the workspace was changed by others.
        former: its address before, if it gets another name.
        last_run_s: how long the last run took; None if nothing runs or nobody knows.
        registered: assets that the resource names and that jobs of the spec register.
    """

    address: Address
    action: Action
    reasons: tuple[Reason, ...]
    fields: tuple[FieldChange, ...] = ()
    before: str | None = None
    after: str | None = None
    depends_on: frozenset[Address] = frozenset()
    span: Span | None = None
    orphaned: bool = False
    reuse: bool = False
    drift: bool = False
    former: Address | None = None
    last_run_s: float | None = None
    registered: tuple[Registered, ...] = ()

    @property
    def cause(self) -> Cause:
        """Of its gravest reason."""
        return self.reasons[0].cause

    @property
    def removed(self) -> frozenset[Path]:
        """The fields that were written last time and shall be there no longer."""
        gone = (field for field in self.fields if field.action is not Action.NOOP and field.desired is ABSENT)
        return frozenset(field.path for field in gone)
