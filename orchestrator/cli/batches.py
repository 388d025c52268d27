"""Invokes batch endpoints and waits for their jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.cli.console import Console
from orchestrator.cli.exits import Exit
from orchestrator.cli.interrupt import interruptible
from orchestrator.core.address import Address
from orchestrator.core.batch import Batching, BatchJob, BatchRequest, settled
from orchestrator.core.errors import Invalid
from orchestrator.core.health import Health
from orchestrator.core.ports import Backend, Clock
from orchestrator.report.style import harmless


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long somebody waits.

    Attributes:
        wait: no: only the job's name is told.
        timeout_s: bound; None means none.
    """

    wait: bool
    timeout_s: float | None


def batching(backend: Backend, place: Address) -> Batching:
    """A workspace whose batch endpoints can be invoked.

    Raises:
        Invalid: it is none.
    """
    if not isinstance(backend, Batching):
        raise Invalid(f"{place} cannot be invoked in this workspace.")
    return backend


def score(
    backend: Batching, endpoint: Address, request: BatchRequest, waiting: Waiting, console: Console, clock: Clock
) -> Exit:
    """Start a job, wait for it, and tell where its predictions are."""
    job = backend.invoke(endpoint, request)
    if not waiting.wait:
        tell(job, console)
        return Exit.DONE
    console.notice(f"{endpoint}: job {job.name}")
    with interruptible(console) as interrupts:
        interrupts.begin()
        late = _late(waiting.timeout_s, clock)
        ended = settled(
            backend,
            endpoint,
            job.name,
            interrupts.cancel,
            lambda line: console.notice(f"  {line}"),
            lambda: late() or interrupts.cancel.draining,
        )
    if ended is None:
        console.error(f"Stopped waiting for {job.name}; it continues in the workspace.")
        return Exit.INTERRUPTED if interrupts.cancel.draining else Exit.ERROR
    tell(ended, console)
    return Exit.DONE if ended.health is Health.HEALTHY else Exit.ERROR


def tell(job: BatchJob, console: Console) -> None:
    """Print a job: what it made, or why it failed."""
    if console.json:
        console.document(job.document())
        return
    if job.message:
        console.error(harmless(job.message))
    console.result("\n".join(job.outputs.values()) if job.outputs else job.name)


def _late(timeout_s: float | None, clock: Clock) -> Callable[[], bool]:
    started = clock.monotonic()
    return lambda: timeout_s is not None and clock.monotonic() - started > timeout_s
