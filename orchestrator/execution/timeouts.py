"""How long to wait for one create, update or run that does not say so itself."""

from __future__ import annotations

from typing import Final

from orchestrator.core.kind import Behaviour, Kind
from orchestrator.core.resource import Desired

_MINUTE = 60.0
DEFAULTS_S: Final = {
    Behaviour.RECORD: 30 * _MINUTE,
    Behaviour.ASSET: 30 * _MINUTE,
    Behaviour.ENDPOINT: 30 * _MINUTE,
    Behaviour.DEPLOYMENT: 120 * _MINUTE,
    Behaviour.TRAFFIC: 30 * _MINUTE,
    Behaviour.ACCESS: 30 * _MINUTE,
    Behaviour.WORKSPACE: 60 * _MINUTE,
}
"""Ends of hope, not estimates: the service gives up earlier by itself. A deployment may build its image first. Runs have no
bound of ours: how long training takes is for its own ``limits`` to say."""


def timeout_of(desired: Desired, kind: Kind) -> float | None:
    """Seconds; None means no bound. ``lifecycle.timeout`` has the say."""
    written = desired.lifecycle.timeout_s
    return written if written is not None else DEFAULTS_S.get(kind.local.behaviour)
