"""What is known about a project's passes: kept with the state, shown by ``amlctl status``, gone on from after a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FORMAT = 1
"""Number of the document's shape. A document with another number is left aside: the loop starts afresh."""

NOTE = "reconcile"
"""The name under which a project's record is kept with the state."""

HISTORY = 50
"""Most passes that are remembered. Passes in a row that found nothing to do count as one."""


LISTED = 100
"""Most changes that one entry of the history, or the pending plan, lists: a record stays small whatever the size of a project."""


class ConditionType(StrEnum):
    """The three questions. Source of names: Flux's condition types."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


@dataclass(frozen=True, slots=True)
class Condition:
    """The answer to one of the three questions.

    Attributes:
        reason: one word in CamelCase.
        revision: the source's revision that it speaks of.
        since: ISO time of the last change of the answer.
    """

    type: ConditionType
    status: bool
    reason: str
    message: str = ""
    revision: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A revision of the source, and when a pass ended with it."""

    id: str
    message: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One pass, or several in a row that found nothing to do.

    Attributes:
        at: ISO time of the (first) start.
        until: ISO time of the last end.
        times: how many passes.
        changed: how many resources were changed.
        done: address to outcome of the first `LISTED` of them.
    """

    pass_id: str
    cause: str
    at: str
    until: str
    duration_s: float
    revision: str
    outcome: str
    message: str = ""
    done: Mapping[str, str] = field(default_factory=dict)
    drift: tuple[str, ...] = ()
    healed: tuple[str, ...] = ()
    times: int = 1
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals since the project was first reconciled."""

    passes: int = 0
    changed: int = 0
    failed: int = 0
    drift_found: int = 0
    drift_healed: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """See the module.

    Attributes:
        conditions: Ready, Reconciling, Stalled.
        attempted, applied: the revisions last tried, and last put in force as a whole.
        failures: how often in a row the attempted revision failed.
        retry_at: ISO time of the next try of a failing revision; empty if none is due.
        pending: one mapping for each change that waits: address, action, reason, why, cause, drift; the first `LISTED`.
        waiting: how many wait.
        orphaned: addresses that left the spec and stay.
        drift: address to the ISO time since when others' change of it is known and not set back.
        suspended: a person asked for a rest.
        last_success: ISO time of the end of the last pass without trouble.
        notified: keys of notices that went out.
        history: newest first.
    """

    conditions: tuple[Condition, ...] = ()
    attempted: Tried | None = None
    applied: Tried | None = None
    failures: int = 0
    retry_at: str = ""
    pending: tuple[Mapping[str, Any], ...] = ()
    waiting: int = 0
    orphaned: tuple[str, ...] = ()
    drift: Mapping[str, str] = field(default_factory=dict)
    suspended: bool = False
    last_success: str = ""
    counts: Counts = Counts()
    notified: tuple[str, ...] = ()
    history: tuple[Entry, ...] = ()

    def condition(self, type_: ConditionType) -> Condition | None:
        """One of the three, or None before the first pass."""
        return next((condition for condition in self.conditions if condition.type is type_), None)

    @property
    def ready(self) -> bool:
        """Whether everything the spec wants is in place and well."""
        found = self.condition(ConditionType.READY)
        return found is not None and found.status


def to_document(record: Record) -> dict[str, Any]:
    """The record as JSON-able data."""
    return {
        "format": FORMAT,
        **_flat(record),
        "conditions": [_flat(condition) for condition in record.conditions],
        "attempted": _flat(record.attempted) if record.attempted else None,
        "applied": _flat(record.applied) if record.applied else None,
        "pending": [dict(change) for change in record.pending],
        "orphaned": list(record.orphaned),
        "drift": dict(record.drift),
        "counts": _flat(record.counts),
        "notified": list(record.notified),
        "history": [
            {**_flat(entry), "done": dict(entry.done), "drift": list(entry.drift), "healed": list(entry.healed)}
            for entry in record.history
        ],
    }


def _flat(thing: Any) -> dict[str, Any]:
    """The fields of a dataclass. `dataclasses.asdict` copies deeply, which made this a third of a pass that finds nothing to do."""
    return {name: getattr(thing, name) for name in thing.__slots__}


def from_document(document: Mapping[str, Any] | None) -> Record:
    """The record out of what `to_document` gave; an empty one where there is none or it has another shape.

    The record helps people and spares work; nothing about safety hangs on it. A damaged one is therefore no error.
    """
    if document is None or document.get("format") != FORMAT:
        return Record()
    try:
        return _record(document)
    except (KeyError, TypeError, ValueError):
        return Record()


def _record(document: Mapping[str, Any]) -> Record:
    body = {key: value for key, value in document.items() if key != "format"}
    return Record(
        **{
            **body,
            "conditions": tuple(Condition(**{**c, "type": ConditionType(c["type"])}) for c in body["conditions"]),
            "attempted": Tried(**body["attempted"]) if body["attempted"] else None,
            "applied": Tried(**body["applied"]) if body["applied"] else None,
            "pending": tuple({**change, **_missing(change)} for change in body["pending"]),
            "orphaned": tuple(body["orphaned"]),
            "counts": Counts(**body["counts"]),
            "notified": tuple(body["notified"]),
            "history": tuple(_entry(entry) for entry in body["history"]),
        }
    )


def _missing(change: Mapping[str, Any]) -> dict[str, Any]:
    """What records of before lack. It goes last: what is read and written again is the same to the byte."""
    return {key: value for key, value in (("cause", ""), ("drift", False)) if key not in change}


def _entry(body: Mapping[str, Any]) -> Entry:
    return Entry(**{**body, "drift": tuple(body["drift"]), "healed": tuple(body["healed"])})


def appended(history: Sequence[Entry], entry: Entry) -> tuple[Entry, ...]:
    """The history with a new pass. What says the same as the newest entry and did nothing is counted there."""
    if history and _uneventful(entry, history[0]):
        first = history[0]
        merged = Entry(
            entry.pass_id, entry.cause, first.at, entry.until, entry.duration_s, entry.revision, entry.outcome,
            entry.message, entry.done, entry.drift, entry.healed, first.times + 1, entry.changed,
        )  # fmt: skip
        return (merged, *history[1:HISTORY])
    return (entry, *history)[:HISTORY]


def _uneventful(entry: Entry, before: Entry) -> bool:
    same = (entry.revision, entry.outcome, entry.message) == (before.revision, before.outcome, before.message)
    eventful = entry.done or before.done or entry.healed or before.healed
    return same and not eventful and entry.drift == before.drift
