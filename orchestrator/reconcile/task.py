"""What a pass is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from orchestrator.core.address import Address
from orchestrator.core.ports import Cancellation
from orchestrator.reconcile.outcome import PassFacts
from orchestrator.reconcile.policy import Policy
from orchestrator.reconcile.ports import Source
from orchestrator.reconcile.record import Record


class Control:
    """Ends a running pass from outside.

    Attributes:
        cancel: seen by the apply.
        stopped_for: why; empty while nobody asked for an end.
        revision: what the pass works on, once it knows.
    """

    def __init__(self) -> None:
        self.cancel = Cancellation()
        self.stopped_for = ""
        self.revision = ""

    def stop(self, why: str) -> None:
        """Let running steps end and start no others."""
        self.stopped_for = self.stopped_for or why
        self.cancel.drain()


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier passes of this process leave to the next one.

    Attributes:
        record: empty until it could be read.
        recalled: it was read, or there was none.
        drift_since: address to the monotonic second at which its drift was first seen.
        retry_at: the monotonic second before which the failed revision is left alone.
    """

    record: Record = field(default_factory=Record)
    recalled: bool = False
    drift_since: Mapping[Address, float] = field(default_factory=dict)
    retry_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Task:
    """What a pass is to do.

    Attributes:
        cause: why it runs, for people.
        asked: a person or a changed file asks for it: a revision that backs off is tried all the same.
    """

    project: str
    policy: Policy
    source: Source
    cause: str = "interval"
    asked: bool = False


@dataclass(frozen=True, slots=True)
class PassEnd:
    """What a pass gives back."""

    facts: PassFacts
    known: Known


Watch = Callable[[str, Mapping[str, object]], None]
"""Told of what happens: an event's name and its facts."""
