"""Waits until the supervisor has brought a record to where it should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.core.address import Address
from orchestrator.core.errors import Cancelled, Failed, NotFound, TimedOut
from orchestrator.core.health import Health
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.ports import Cancellation, Clock, LogLine, Progress
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.operations.log_reading import LogReader, log_file, tail
from orchestrator.workspace.records.database import gone
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.control import ControlFiles

TROUBLE_TIMEOUT_S: Final = 60.0
"""How long a supervisor may say that it cannot work before nobody waits for it any more, seconds."""

_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.25
_SUPERVISOR_CHECK_S = 2.0
_TAIL_LINES = 20


@dataclass(frozen=True, slots=True)
class Waiter:
    """Watches records until they settle.

    Attributes:
        ensure: makes sure that a supervisor works on them.
        trouble: what keeps it from doing so, in words; empty if nothing does.
    """

    store: RecordStore
    paths: WorkspacePaths
    kinds: Kinds
    clock: Clock
    ensure: Callable[[], None]
    trouble: Callable[[], str]

    def until_healthy(
        self, key: RecordKey, timeout_s: float | None, cancel: Cancellation, progress: Progress
    ) -> Record:
        """Wait until a record is no longer in progress. Tells of new phases and, for runs, of new log lines.

        Raises:
            Failed: it came to a bad end; with the last lines of its log.
            NotFound: the record is gone.
            TimedOut: the bound has passed.
            Cancelled: the waiting was given up.
        """
        pace = _Pace(self.clock, timeout_s, self._look_after(progress))
        watched = _Watched(self.paths, self.kinds[key.kind], key, progress)
        while True:
            record = self.store.get(*key)
            if not self.paths.exists:
                raise gone(self.paths)
            if record is None or record.deleting:
                raise NotFound(f"{key.address} was deleted in the meantime.")
            news = watched.tell(record)
            if record.health in (Health.HEALTHY, Health.SUSPENDED):
                watched.finish()
                return record
            if record.health is Health.DEGRADED:
                watched.finish()
                raise Failed(watched.why(record), code=record.phase)
            if pace.late:
                raise TimedOut(f"{key.address} is still {record.phase or 'in progress'} after {timeout_s:g} s.")
            if cancel.sleep(pace.next(news=news)):
                raise Cancelled(f"Stopped waiting for {key.address}; it continues in the workspace.")

    def until_gone(self, key: RecordKey, timeout_s: float) -> None:
        """Wait until a record that is marked for deletion has been removed.

        Raises:
            TimedOut: its processes did not stop in time.
        """
        pace = _Pace(self.clock, timeout_s, self.ensure)
        never = Cancellation()
        while (record := self.store.get(*key)) is not None and record.deleting:
            if pace.late:
                raise TimedOut(f"{key.address} was not deleted within {timeout_s:g} s. {record.message}".rstrip())
            never.sleep(pace.next(news=False))

    def until_still(self, key: RecordKey, timeout_s: float) -> None:
        """Wait until a run that was asked to stop has stopped.

        Raises:
            TimedOut: it did not stop in time.
        """
        pace = _Pace(self.clock, timeout_s, self.ensure)
        never = Cancellation()
        while (record := self.store.get(*key)) is not None and record.health is Health.PROGRESSING:
            if pace.late:
                raise TimedOut(f"{key.address} did not stop within {timeout_s:g} s.")
            never.sleep(pace.next(news=False))

    def _look_after(self, progress: Progress) -> Callable[[], None]:
        shown = ""
        since = 0.0

        def look() -> None:
            nonlocal shown, since
            self.ensure()
            trouble = self.trouble()
            if trouble and not shown:
                since = self.clock.monotonic()
            if trouble and trouble != shown:
                progress(f"the supervisor has a problem: {trouble}")
            shown = trouble
            if trouble and self.clock.monotonic() - since > TROUBLE_TIMEOUT_S:
                raise Failed(
                    f"The workspace's supervisor has not been able to work for {TROUBLE_TIMEOUT_S:.0f} s: {trouble}",
                    code="supervisor",
                    fix=f"Fix the cause and apply again. Log: {ControlFiles(self.paths).log}.",
                )

        return look


class _Pace:
    """Short pauses while there is news, longer ones otherwise; looks after the supervisor now and then."""

    def __init__(self, clock: Clock, timeout_s: float | None, ensure: Callable[[], None]) -> None:
        self._clock = clock
        self._ensure = ensure
        self._pause = _FIRST_PAUSE_S
        started = clock.monotonic()
        self._deadline = None if timeout_s is None else started + timeout_s
        self._next_check = started + _SUPERVISOR_CHECK_S

    @property
    def late(self) -> bool:
        return self._deadline is not None and self._clock.monotonic() >= self._deadline

    def next(self, *, news: bool) -> float:
        now = self._clock.monotonic()
        if now >= self._next_check:
            self._ensure()
            self._next_check = now + _SUPERVISOR_CHECK_S
        self._pause = _FIRST_PAUSE_S if news else min(_LONGEST_PAUSE_S, self._pause * 1.5)
        return self._pause


class _Watched:
    """What was already told of a record."""

    def __init__(self, paths: WorkspacePaths, kind: Kind, key: RecordKey, progress: Progress) -> None:
        self._progress = progress
        self._secrets = SecretFiles(paths)
        self._shown = ("", "")
        self._log = log_file(paths, kind, Address.parse(key.address), key.revision) if kind.local.log else None
        self._reader = LogReader(self._log) if self._log is not None and kind.local.log_is_news else None

    def tell(self, record: Record) -> bool:
        lines: list[str] = [LogLine(line) for line in self._reader.new_lines()] if self._reader is not None else []
        now = (record.phase, record.message)
        if now != self._shown and record.health is Health.PROGRESSING:
            self._shown = now
            lines.insert(0, ": ".join(part for part in now if part))
        for line in lines:
            if line.strip():
                self._progress(line)
        return bool(lines)

    def finish(self) -> None:
        for line in self._reader.last_line() if self._reader is not None else []:
            self._progress(LogLine(line))

    def why(self, record: Record) -> str:
        reason = record.message or f"{record.address} failed."
        # A deployment's manager puts what matters of the log into the message, below its first line.
        shown = self._reader is None and "\n" in reason
        lines = tail(self._log, _TAIL_LINES) if self._log is not None and not shown else []
        mask = self._secrets.mask(record.key)
        return in_order(reason, [mask(line) for line in lines if line.strip()])


def in_order(reason: str, log: Sequence[str]) -> str:
    """A reason followed by the end of a log, each line of that once and in the order in which it was written.

    Args:
        reason: its first line is the reason; lines below may be of the log as well.
    """
    first, *rest = reason.splitlines() or [""]
    lines = list(log)
    if first in lines:  # a run that never began has its reason in its log
        lines.remove(first)
    return "\n".join([first, *(line for line in rest if line not in lines), *lines])
