"""What was applied, and the port to where that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator.core.address import Address
from orchestrator.core.resource import Applied
from orchestrator.core.run import Verb


@dataclass(frozen=True, slots=True)
class Intent:
    """A step that is about to have an effect."""

    step: str
    address: Address
    verb: Verb
    key: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """What an outcome means for the state.

    Attributes:
        step: id of the step whose intent this answers.
        applied: the new record; None removes the address from the state.
        outcome: in past tense, for the journal.
        error: in words, if it failed.
        keep: the record stays as it is (the step failed without an effect worth recording).
    """

    step: str
    address: Address
    applied: Applied | None
    outcome: str
    error: str = ""
    keep: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """Everything that was applied in one project.

    Attributes:
        lineage: random identity given at birth; empty if nothing was ever applied.
        serial: grows with each apply that changes something.
        applied: by address.
        unfinished: intents without an outcome, left by an apply that died.
    """

    lineage: str
    serial: int
    applied: Mapping[Address, Applied]
    unfinished: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock.

    Attributes:
        who: user and machine.
        command: what it is doing.
        pid: process id on that machine.
        since: ISO time.
    """

    who: str
    command: str
    pid: int
    since: str


class StateStore(Protocol):
    """The state of one project in one workspace. Survives kill -9 at any moment."""

    def load(self) -> State:
        """Read the state. Creates nothing."""
        ...

    def lock(self, holder: Holder, *, wait_s: float) -> AbstractContextManager[None]:
        """Hold the only right to write; renews itself by heartbeat and expires when its holder dies.

        Raises:
            Locked: another holds it and did not let go within `wait_s` seconds; names the holder.
        """
        ...

    def begin(self) -> State:
        """Start an apply that will change something: gives the state its lineage if it has none, raises the serial by one."""
        ...

    def intend(self, intents: Sequence[Intent]) -> None:
        """Journal what is about to be done. Durable when it returns; one sync for all."""
        ...

    def settle_all(self, changes: Sequence[StateChange]) -> None:
        """Journal outcomes and update the records, each as one. Durable when it returns; one sync for all."""
        ...

    def history(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest journal entries first."""
        ...

    def remember(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a small JSON-able document under a name, in place of what was there. Durable when it returns. Needs no lock: what was
        applied is not touched."""
        ...

    def recall(self, name: str) -> Mapping[str, Any] | None:
        """What was remembered under a name; None if nothing was. Creates nothing."""
        ...

    def lease(self, name: str, holder: Holder) -> AbstractContextManager[None]:
        """Hold a right of its own beside the lock, for as long as a process likes; renews itself and expires when its holder dies.

        Raises:
            Locked: another holds it; names the holder.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
