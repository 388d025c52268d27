"""The right to write, as a lease on an object: a holder that dies lets go when the lease ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Final

from orchestrator.core.errors import Locked, StateError
from orchestrator.core.ports import Clock
from orchestrator.core.state import Holder
from orchestrator.state.heartbeat import beating
from orchestrator.state.objects import ObjectStore

LEASE_S: Final = 60
"""The longest that blob storage grants. Source: Azure Storage REST, Lease Blob (15 to 60 seconds)."""

HEARTBEAT_S: Final = 15.0
"""Three renewals fit into one lease, so that two that get lost do no harm."""

POLL_S: Final = 1.0


@contextmanager
def lease(objects: ObjectStore, name: str, what: str, holder: Holder, clock: Clock, wait_s: float) -> Iterator[None]:
    """Hold the lease of an object while the block runs. Its content names the holder.

    Args:
        what: for the message: ``Project 'heart'``.

    Raises:
        Locked: another holds it and did not let go within `wait_s` seconds.
        StateError: the place cannot be used.
    """
    deadline = clock.monotonic() + wait_s
    pause = threading.Event()
    while (held := objects.acquire(name, LEASE_S)) is None:
        if clock.monotonic() >= deadline:
            raise _locked(objects, name, what)
        pause.wait(POLL_S)
    try:
        objects.overwrite(name, json.dumps(asdict(holder)).encode(), lease=held)
        with beating(lambda: objects.renew(name, held), HEARTBEAT_S):
            yield
    finally:
        with suppress(StateError):  # it ends by itself
            objects.release(name, held)


def _locked(objects: ObjectStore, name: str, what: str) -> Locked:
    stored = objects.read(name)
    try:
        other = Holder(**json.loads(stored.data)) if stored is not None and stored.data else None
    except (ValueError, TypeError):
        other = None
    by = (
        f"{other.who} runs '{other.command}' (process {other.pid}) since {other.since}"
        if other
        else "another process holds the lock"
    )
    return Locked(
        f"{what} is locked: {by}.",
        code="state-locked",
        fix=f"Wait for it to finish, or use --lock-wait. The lock of a crashed process expires within {LEASE_S} s.",
    )
