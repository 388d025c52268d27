"""What the supervisor asks of those who keep processes in line with the records."""

from __future__ import annotations

from typing import Protocol

BUSY_INTERVAL_S = 0.5
"""How often managers look at the records while one of them has something in progress, seconds."""

IDLE_INTERVAL_S = 2.0
"""How often they look while nothing is in progress, seconds. A nudge makes them look at once."""


class Manager(Protocol):
    """Makes the processes of some kinds of records match those records.

    A manager keeps no memory that matters: after kill -9 of anything, looking at the records again is the recovery.
    """

    async def reconcile(self) -> bool:
        """Look at the records; start, adopt or stop processes; write health and attributes back.

        Must return soon: what takes long goes into tasks or threads and is looked at again in the next round. An
        exception is logged by the supervisor and the round is tried again, so one broken record should be caught,
        written into that record's health, and must not keep the others waiting.

        Returns:
            Whether something is in progress, so that the next round should come soon.
        """
        ...

    async def shutdown(self) -> None:
        """The workspace goes down: stop everything that was started, and wait until it has stopped."""
        ...
