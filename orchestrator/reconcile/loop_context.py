"""What the loop works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from orchestrator.core.ports import Clock
from orchestrator.reconcile.ports import Meter, Notifier, Tracer
from orchestrator.reconcile.stages import Engine, Workers
from orchestrator.reconcile.task import Watch
from orchestrator.reconcile.telemetry import NoTracer


@dataclass(frozen=True, slots=True)
class LoopContext:
    """What the loop works with.

    Attributes:
        parallel: how many passes may run at once.
        watch: told of events, for logs.
    """

    engine: Engine
    workers: Workers
    clock: Clock
    watch: Watch
    parallel: int = 4
    notifier: Notifier | None = None
    meter: Meter | None = None
    tracer: Tracer = field(default_factory=NoTracer)
    random: Random = field(default_factory=Random)
