"""Brings back what ran before the workspace or the machine went down: health on record is a promise only while a supervisor keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation, Clock, Progress
from orchestrator.workspace.service import Record, Workspace, health_shown

BACK_TIMEOUT_S: Final = 120.0
"""How long endpoints may take to come back before their state is taken as it is, seconds."""

_ON_THE_WAY: Final = (Health.PROGRESSING, Health.SUSPENDED)
_POLL_S: Final = 0.05


class Revival:
    """Starts the supervisor where records promise running processes and no supervisor answers.

    Args:
        workspace: whose records and supervisor.
        running: whether a record stands for processes: an endpoint, a deployment, an unfinished run.
        clock: for the bound.
    """

    def __init__(self, workspace: Workspace, running: Callable[[Record], bool], clock: Clock) -> None:
        self._workspace = workspace
        self._running = running
        self._clock = clock

    def all(self, cancel: Cancellation, progress: Progress) -> None:
        """Bring everything back, and wait until the endpoints are up or have failed. Without such records nothing is started.

        Raises:
            Failed: the supervisor does not start.
        """
        if not any(map(self._running, self._workspace.list())) or self._workspace.answers():
            return
        progress("The workspace is not running: starting it")
        self._workspace.start(progress)
        self._until_settled(lambda record: not _is_run(record), cancel, progress)

    def endpoint(self, address: Address, cancel: Cancellation) -> bool:
        """Bring an endpoint back that does not answer.

        Returns:
            Whether there was something to wait for; if not, asking again is of no use.

        Raises:
            Failed: the supervisor does not start.
        """
        started = not self._workspace.answers()
        self._workspace.start(lambda line: None)
        mine = f"{address}."
        waited = self._until_settled(
            lambda record: f"{record.address}.".startswith(mine), cancel, progress=lambda line: None
        )
        return started or waited

    def _until_settled(self, concerns: Callable[[Record], bool], cancel: Cancellation, progress: Progress) -> bool:
        """Wait while something is on its way up. Returns whether anything was."""
        deadline = self._clock.monotonic() + BACK_TIMEOUT_S
        reported: list[str] = []
        while late := sorted(record.address for record in self._unsettled() if concerns(record)):
            if late != reported:
                progress(f"Waiting for {', '.join(late)}")
                reported = late
            if self._clock.monotonic() > deadline or cancel.sleep(_POLL_S):
                break
        return bool(reported)

    def _unsettled(self) -> Iterable[Record]:
        for record in self._workspace.list():
            if self._running(record) and health_shown(record.health, "", record.attributes)[0] in _ON_THE_WAY:
                yield record


def _is_run(record: Record) -> bool:
    return bool(record.revision)
