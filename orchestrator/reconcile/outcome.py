"""What a pass found and did. Facts only; what they mean is decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.reconcile.ports import Revision
from orchestrator.reconcile.switches import Hold


class PassOutcome(StrEnum):
    """How a pass ended."""

    CLEAN = "clean"
    CHANGED = "changed"
    PENDING = "pending"
    FAILED = "failed"
    BACKED_OFF = "backed-off"
    INTERRUPTED = "interrupted"
    SUSPENDED = "suspended"
    STANDING_BY = "standing-by"

    @property
    def conclusive(self) -> bool:
        """Whether the pass says something about the project; the others ended before they looked."""
        return self not in (PassOutcome.BACKED_OFF, PassOutcome.SUSPENDED, PassOutcome.STANDING_BY)

    @property
    def well(self) -> bool:
        """Whether everything was done that the switches allow."""
        return self in (PassOutcome.CLEAN, PassOutcome.CHANGED, PassOutcome.PENDING)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a pass could not do its work, or not all of it.

    Attributes:
        reason: one word in CamelCase, for conditions: ``InvalidSpec``, ``SourceUnreachable``, ``ApplyFailed``, …
        message: for people; starts with file:line:column where a spec is to blame.
        stalls: nothing but a new revision or a person will help, as far as one can tell.
        passing: the fault lies outside of the revision and may pass by itself.
    """

    reason: str
    message: str
    stalls: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that the pass did not carry out.

    Attributes:
        action: what the plan would do.
        drift: others changed the workspace; else the spec asks for it.
        cause: why the plan has it.
        why: None if it was tried and failed, or came up after the apply.
    """

    address: str
    action: str
    reason: str
    why: Hold | None = None
    drift: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True)
class PassFacts:
    """Everything about one pass that its record is made from.

    Attributes:
        pass_id: unique; in every log line of the pass.
        cause: why it ran: ``interval``, ``trigger``, ``new revision``, ``retry``, …
        started_at: seconds since the epoch.
        duration_s: from start to end.
        outcome: see `PassOutcome`.
        revision: what was tried; None if nothing could be fetched.
        source_trouble: the newest revision could not be fetched, and the last good one was used.
        trouble: what stopped the pass.
        waiting: changes not carried out.
        orphaned: addresses that left the spec and stay.
        done: address to outcome of what was carried out.
        failures: address to error.
        drift: addresses that others changed, seen in this pass.
        healed: those of them that were set back.
        unhealthy: address to message, of resources that are as desired and not well.
        progressing: addresses that are still on their way.
        retry_in_s: seconds until a held drift may be set back, or a revision that backs off is tried again.
        frozen_until: seconds since the epoch.
        standing_by_for: who else has the project.
        stopped_for: what interrupted the apply: ``a newer revision``, ``the end of the loop``, …
    """

    pass_id: str
    cause: str
    started_at: float
    duration_s: float
    outcome: PassOutcome
    revision: Revision | None = None
    source_trouble: Trouble | None = None
    trouble: Trouble | None = None
    waiting: tuple[Waiting, ...] = ()
    orphaned: tuple[str, ...] = ()
    done: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    drift: tuple[str, ...] = ()
    healed: tuple[str, ...] = ()
    unhealthy: Mapping[str, str] = field(default_factory=dict)
    progressing: tuple[str, ...] = ()
    retry_in_s: float | None = None
    frozen_until: float | None = None
    standing_by_for: str = ""
    stopped_for: str = ""
