"""Everything an apply needs, with time that passes only in its own pauses."""

from __future__ import annotations

import threading
from random import Random

from orchestrator.core.run import Event, EventKind, RunReport, StepResult
from orchestrator.core.state import StateStore
from orchestrator.execution.apply import apply
from orchestrator.execution.options import ApplyOptions
from tests.unit.execution.plans import KINDS, Row, based, plan_of, populate
from tests.unit.execution.simulated import FakeCancellation, FakeClock, Faults, MemoryStore, SimulatedBackend


class Bench:
    """A workspace, a state, and what an apply told.

    Attributes:
        events: in the order in which they came.
    """

    def __init__(self, faults: Faults | None = None, parallelism: int = 4) -> None:
        self.faults = faults or Faults()
        self.backend = SimulatedBackend(self.faults)
        self.store = MemoryStore(self.faults)
        self.clock = FakeClock()
        self.cancel = FakeCancellation(self.clock)
        self.events: list[Event] = []
        self._lock = threading.Lock()
        self.options = ApplyOptions(
            parallelism=parallelism,
            cancel=self.cancel,
            listener=self.listen,
            clock=self.clock,
            random=Random(1),
            abort_grace_s=0.0,
        )

    def listen(self, event: Event) -> None:
        with self._lock:
            self.events.append(event)

    def apply(self, *rows: Row, store: StateStore | None = None) -> RunReport:
        """Apply these changes on what they were planned on."""
        populate(self.backend, self.store, rows)
        return apply(based(plan_of(*rows), self.store), self.backend, store or self.store, KINDS, self.options)

    def one(self, *rows: Row) -> StepResult:
        """The result of the only change."""
        (result,) = self.apply(*rows).results
        return result

    def outcomes(self, *rows: Row) -> dict[str, str]:
        """What became of each resource."""
        return {str(result.address): result.outcome.value for result in self.apply(*rows).results}

    def messages(self, kind: EventKind) -> list[str]:
        """The messages of one kind of event."""
        return [event.message for event in self.events if event.kind is kind]

    def calls(self) -> list[str]:
        """The backend's calls: ``create compute.c``."""
        return [f"{call.verb} {call.address}" for call in self.backend.log]

    def journal(self) -> dict[str, str | None]:
        """Step to outcome, as the journal has it."""
        return {entry["intent"].step: entry["outcome"] for entry in self.store.journal}
