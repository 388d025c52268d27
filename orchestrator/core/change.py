"""What a plan decides about one resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orchestrator.core.address import Address
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


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field on which desired, applied and observed disagree.

    Attributes:
        path: inside the resource's properties.
        applied, desired, observed: plain data; `ABSENT` where the state does not have the field. Secrets appear as their digest form.
        action: NOOP means that the difference is known and left alone; the reason says why.
        reason: ``changed``, ``removed``, ``drift``, ``ignored``, ``service default: …``, ``immutable: …``, …
    """

    path: Path
    applied: Any
    desired: Any
    observed: Any
    action: Action
    reason: str

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
class Change:
    """What happens to one resource.

    Attributes:
        address: the resource.
        action: see `Action`.
        reason: in words, for the plan: ``new``, ``content: data/heart.csv``, ``upstream: jobs.train``, ``drift``, ``orphaned``, …
        fields: the fields behind it, suppressed ones included.
        before: the revision that is in force now; None if there is none (empty for named resources that exist).
        after: the revision that will be in force; None if only the apply can know it, or the resource goes away.
        depends_on: addresses whose change must come first.
        span: its place in the spec; None if it left the spec.
        orphaned: it left the spec and stays untouched, because pruning was not asked for.
        reuse: the wanted revision exists already (an earlier run, an older version); only the record moves.
        drift: the workspace was changed by others.
        former: its address before, if it gets another name.
        note: a further remark for people: ``last run took 48 s``.
    """

    address: Address
    action: Action
    reason: str
    fields: tuple[FieldChange, ...] = ()
    before: str | None = None
    after: str | None = None
    depends_on: frozenset[Address] = frozenset()
    span: Span | None = None
    orphaned: bool = False
    reuse: bool = False
    drift: bool = False
    note: str = ""
    former: Address | None = None

    @property
    def removed(self) -> frozenset[Path]:
        """The fields that were written last time and shall be there no longer."""
        gone = (field for field in self.fields if field.action is not Action.NOOP and field.desired is ABSENT)
        return frozenset(field.path for field in gone)
