"""How to apply."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from orchestrator.core.ports import Cancellation, Clock, SystemClock
from orchestrator.core.retry import RetryPolicy
from orchestrator.core.run import Event, Listener


def _ignore(event: Event) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How to apply.

    Attributes:
        parallelism: how many steps may run at once.
        cancel: set by whoever wants to stop; the first time nothing new starts, the second time nothing is waited for.
        listener: told what happens, from any thread.
        clock: for durations and bounds.
        retry: see `RetryPolicy`.
        random: for the jitter of pauses.
        abort_grace_s: after an abort, how long to wait for calls under way to return, seconds.
    """

    parallelism: int = 10
    cancel: Cancellation = field(default_factory=Cancellation)
    listener: Listener = _ignore
    clock: Clock = field(default_factory=SystemClock)
    retry: RetryPolicy = RetryPolicy()
    random: Random = field(default_factory=Random)
    abort_grace_s: float = 5.0
