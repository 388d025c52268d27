"""The state as one JSON document in an object store, for workspaces that are not on this machine."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.errors import StateError
from orchestrator.core.ports import Clock
from orchestrator.core.run import Verb
from orchestrator.core.state import Holder, Intent, State, StateChange
from orchestrator.state.encode import damaged, decode, encode
from orchestrator.state.lease import lease
from orchestrator.state.objects import Moved, ObjectStore

FORMAT: Final = 1
LONGEST_JOURNAL: Final = 500
"""Settled entries that are kept; those without an outcome are kept whatever their number."""

_to_bytes = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class _Document:
    """What the object holds.

    Attributes:
        applied: address to encoded record.
        journal: oldest first.
    """

    lineage: str = ""
    serial: int = 0
    applied: Mapping[str, Any] = field(default_factory=dict)
    journal: tuple[Mapping[str, Any], ...] = ()


class DocumentStateStore:
    """Implements `core.state.StateStore` over an `ObjectStore`.

    Every write is bound to the version that this store knows: of two writers the one that comes second is refused.

    Args:
        objects: where the document is.
        project: whose state; projects in one workspace do not see each other's.
        clock: for times in the journal and bounds of waiting.
    """

    def __init__(self, objects: ObjectStore, project: str, clock: Clock) -> None:
        self._objects = objects
        self._project = project
        self._clock = clock
        self._document = _Document()
        self._etag: str | None = None
        self._loaded: State | None = None
        self._serial = 0
        self._using = threading.RLock()

    def load(self) -> State:
        """Read the state. Creates nothing; without a document the state is empty."""
        with self._using:
            self._document, self._etag = self._read()
            self._loaded = _state_of(self._document)
            return self._loaded

    def lock(self, holder: Holder, *, wait_s: float) -> AbstractContextManager[None]:
        """See `core.state.StateStore.lock`."""
        what = f"Project '{self._project}'"
        return lease(self._objects, self._name("lock"), what, holder, self._clock, wait_s)

    def begin(self) -> State:
        """Start an apply that will change something.

        Raises:
            StateError: the state moved on since it was loaded.
        """
        with self._using:
            if self._loaded is None:
                self.load()
            self._write(lambda d: replace(d, lineage=d.lineage or secrets.token_hex(16), serial=d.serial + 1))
            self._serial = self._document.serial
            self._loaded = _state_of(self._document)
            return self._loaded

    def intend(self, intents: Sequence[Intent]) -> None:
        """Journal what is about to be done. Durable when it returns."""
        entries = [self._entry(intent) for intent in intents]
        with self._using:
            self._write(lambda document: replace(document, journal=(*document.journal, *entries)))

    def settle_all(self, changes: Sequence[StateChange]) -> None:
        """Journal outcomes and update the records, each as one. Durable when it returns; one write for all."""
        now = _iso(self._clock.now())
        with self._using:
            self._write(lambda document: _settled(document, changes, self._serial, now))

    def history(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest journal entries first. ``outcome`` is None while a step is unfinished."""
        document, _ = self._read()
        return tuple(reversed(document.journal))[:limit]

    def remember(self, name: str, document: Mapping[str, Any]) -> None:
        """See `core.state.StateStore.remember`."""
        self._objects.overwrite(self._name(f"notes/{name}.json"), _to_bytes(document).encode())

    def recall(self, name: str) -> Mapping[str, Any] | None:
        """See `core.state.StateStore.recall`."""
        stored = self._objects.read(self._name(f"notes/{name}.json"))
        return None if stored is None else self._parsed(stored.data)

    def lease(self, name: str, holder: Holder) -> AbstractContextManager[None]:
        """See `core.state.StateStore.lease`."""
        what = f"'{name}' of project '{self._project}'"
        return lease(self._objects, self._name(f"leases/{name}"), what, holder, self._clock, 0.0)

    def close(self) -> None:
        """Let go of connections."""
        self._objects.close()

    def _write(self, change: Callable[[_Document], _Document]) -> None:
        changed = change(self._document)
        body = {
            "format": FORMAT,
            "lineage": changed.lineage,
            "serial": changed.serial,
            "applied": changed.applied,
            "journal": changed.journal,
        }
        try:
            self._etag = self._objects.write(self._name("state.json"), _to_bytes(body).encode(), etag=self._etag)
        except Moved:
            raise StateError(
                f"Another process changed the state of project '{self._project}' since it was read; nothing was overwritten.",
                code="state-moved-on",
                fix="Create a new plan and apply it.",
            ) from None
        self._document = changed

    def _read(self) -> tuple[_Document, str | None]:
        stored = self._objects.read(self._name("state.json"))
        if stored is None:
            return _Document(), None
        body = self._parsed(stored.data)
        number = body.get("format")
        if not isinstance(number, int):
            raise damaged(f"{self._where()} does not say which format it has")
        if number > FORMAT:
            raise StateError(
                f"The state in {self._where()} has format {number}; this version supports formats up to {FORMAT}.",
                code="state-too-new",
                fix="Upgrade amlctl to the version that wrote it, or a later one.",
            )
        try:
            return _Document(body["lineage"], body["serial"], body["applied"], tuple(body["journal"])), stored.etag
        except (KeyError, TypeError) as error:
            raise damaged(f"{self._where()} lacks a part ({error})") from error

    def _parsed(self, data: bytes) -> Mapping[str, Any]:
        try:
            body = json.loads(data)
        except ValueError as error:
            raise damaged(f"{self._where()} is not a JSON document ({error})") from error
        if not isinstance(body, Mapping):
            raise damaged(f"{self._where()} does not contain a JSON object")
        return body

    def _entry(self, intent: Intent) -> Mapping[str, Any]:
        return {
            "serial": self._serial,
            "step": intent.step,
            "address": str(intent.address),
            "verb": intent.verb.value,
            "key": intent.key,
            "revision": intent.revision,
            "intended": _iso(self._clock.now()),
            "outcome": None,
            "error": None,
            "settled": None,
        }

    def _name(self, what: str) -> str:
        return f"amlctl/{self._project}/{what}"

    def _where(self) -> str:
        return f"{self._objects.place}/{self._name('state.json')}"


def _state_of(document: _Document) -> State:
    unfinished = [entry for entry in document.journal if entry.get("outcome") is None]
    try:
        return State(
            document.lineage,
            document.serial,
            {Address.parse(text): decode(Address.parse(text), body) for text, body in document.applied.items()},
            tuple(
                Intent(e["step"], Address.parse(e["address"]), Verb(e["verb"]), e["key"], e["revision"])
                for e in unfinished
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(f"its records or journal cannot be read ({error})") from error


def _settled(document: _Document, changes: Sequence[StateChange], serial: int, now: str) -> _Document:
    applied = dict(document.applied)
    journal = [dict(entry) for entry in document.journal]
    for change in changes:
        address = str(change.address)
        _close(journal, change, serial, now)
        if change.keep:
            continue
        if change.applied is None:
            applied.pop(address, None)
        else:
            applied[address] = encode(change.applied)
    return replace(document, applied=applied, journal=_trimmed(journal))


def _close(journal: list[dict[str, Any]], change: StateChange, serial: int, now: str) -> None:
    """Write the outcome to its intent. A record that moves answers older intents for its address as well."""
    for entry in journal:
        if entry["outcome"] is not None or entry["address"] != str(change.address):
            continue
        if entry["step"] == change.step and entry["serial"] == serial:
            entry.update(outcome=change.outcome, error=change.error, settled=now)
        elif not change.keep:
            entry.update(outcome="superseded", error="", settled=now)


def _trimmed(journal: list[dict[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    surplus = sum(1 for entry in journal if entry["outcome"] is not None) - LONGEST_JOURNAL
    kept: list[Mapping[str, Any]] = []
    for entry in journal:
        if surplus > 0 and entry["outcome"] is not None:
            surplus -= 1
        else:
            kept.append(entry)
    return tuple(kept)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
