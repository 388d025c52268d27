"""Keeps what the tests of endpoints said, while an apply goes on."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from orchestrator.core.address import Address
from orchestrator.core.errors import StateError
from orchestrator.core.gate_results import NOTE, with_results
from orchestrator.core.ports import Clock
from orchestrator.core.run import CheckResult, Event, EventKind, Listener
from orchestrator.core.state import StateStore


class GateKeeper:
    """A listener that writes the results of tests down before it passes an event on. May be used from several threads.

    What cannot be written is told and does not stop the apply: the results decide nothing once the step is over.
    """

    def __init__(self, store: StateStore, clock: Clock, listener: Listener) -> None:
        self._store = store
        self._clock = clock
        self._listener = listener
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        if event.result is not None and event.result.answers:
            self._keep(event.result.address, event.result.answers)
        self._listener(event)

    def _keep(self, address: Address, answers: tuple[CheckResult, ...]) -> None:
        at = datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="seconds")
        try:
            with self._lock:
                self._store.remember(NOTE, with_results(self._store.recall(NOTE), address, answers, at))
        except StateError as error:
            message = f"The test results could not be saved for `amlctl ui`: {error.detail}"
            self._listener(Event(kind=EventKind.NOTICE, address=None, message=message))
