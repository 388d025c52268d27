"""How to apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator.core.ports import Cancellation, Clock, Progress, SystemClock
from orchestrator.core.run import Listener


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to apply.

    Attributes:
        parallelism: how many steps may run at once.
        lock_wait_s: how long to wait for another apply to finish, seconds.
        fewer: do what is left of an agreed plan if somebody else has done the rest meanwhile; without it that is refused.
        begun: called when nothing stands in the way any more, right before the first step.
        command: what is being done, for those who find the lock taken.
        notice: told what is waited for before the first step.
    """

    parallelism: int = 10
    lock_wait_s: float = 0.0
    command: str = "apply"
    fewer: bool = False
    begun: Callable[[], None] = lambda: None
    cancel: Cancellation = field(default_factory=Cancellation)
    notice: Progress = lambda line: None
    listener: Listener = lambda event: None
    clock: Clock = field(default_factory=SystemClock)
