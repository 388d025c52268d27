"""How long to wait for one create, update or run that does not say so itself."""

from __future__ import annotations

from orchestrator.core.kind import Kind
from orchestrator.core.resource import Desired


def timeout_of(desired: Desired, kind: Kind) -> float | None:
    """Seconds; None means no bound. ``lifecycle.timeout`` has the say."""
    written = desired.lifecycle.timeout_s
    return written if written is not None else kind.behaviour.timeout_s
