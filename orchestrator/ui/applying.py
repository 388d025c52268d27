"""An apply that somebody asked a page for: one at a time, told while it goes on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Final

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.errors import BackendError, StateError, UnsupportedSetup
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Cancellation
from orchestrator.core.run import Event, EventKind, RunReport
from orchestrator.engine import RunOptions
from orchestrator.report.diagnostics import diagnostics_text
from orchestrator.report.plan_json import plan_digest
from orchestrator.report.run import closing_line, result_line
from orchestrator.report.style import harmless
from orchestrator.ui.source import Source

_LINES: Final = 400


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one resource."""

    address: str
    word: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an apply is.

    Attributes:
        running: whether it goes on.
        rows: by resource, in the order in which they were begun.
        notices: what concerns no single resource.
        closing: how it ended.
        well: whether that was a good end.
    """

    running: bool
    rows: tuple[Row, ...] = ()
    notices: tuple[str, ...] = ()
    closing: str = ""
    well: bool = True
    stopping: bool = False


class Applier:
    """Applies plans of a source in a thread of its own. Safe to use from several threads."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._rows: dict[str, Row] = {}
        self._cancel = Cancellation()

    @property
    def progress(self) -> Progress | None:
        """Of the apply that goes on, or of the last one; None if there was none."""
        with self._lock:
            return replace(self._progress, rows=tuple(self._rows.values())) if self._progress is not None else None

    def start(self, agreed: str) -> bool:
        """Apply the plan with a digest, unless the plan is another one by now.

        Returns:
            Whether it was begun; one that goes on is left alone.
        """
        with self._lock:
            if self._progress is not None and self._progress.running:
                return False
            self._progress, self._rows, self._cancel = Progress(running=True), {}, Cancellation()
        threading.Thread(target=self._run, args=(agreed,), name="apply", daemon=True).start()
        return True

    def stop(self) -> None:
        """Start nothing new; what runs comes to its end."""
        self._cancel.drain()
        with self._lock:
            if self._progress is not None and self._progress.running:
                self._progress = replace(self._progress, stopping=True)

    def _run(self, agreed: str) -> None:
        other = False

        def same(plan: Plan) -> bool:
            nonlocal other
            other = plan_digest(plan) != agreed
            return not other

        run = RunOptions(cancel=self._cancel, listener=self._hear, notice=self._notice)
        try:
            report = self._source.apply(run, same)
        except (SpecError, StateError, BackendError, UnsupportedSetup) as error:
            self._end(_words(error), well=False)
        except Exception as error:
            self._end(f"The apply failed by a bug in amlctl: {type(error).__name__}.", well=False)
        else:
            if other:
                self._end(
                    "The plan has changed since it was shown. Nothing was changed; review the new plan.", well=False
                )
            else:
                self._end(*_closing(report))

    def _end(self, closing: str, well: bool) -> None:  # noqa: FBT001  # what `_closing` returns
        with self._lock:
            if self._progress is not None:
                self._progress = replace(self._progress, running=False, closing=closing, well=well)

    def _notice(self, line: str) -> None:
        with self._lock:
            if self._progress is not None:
                notices = (*self._progress.notices, harmless(line))[-_LINES:]
                self._progress = replace(self._progress, notices=notices)

    def _hear(self, event: Event) -> None:
        if event.address is None:
            if event.message:
                self._notice(event.message)
            return
        name, message = str(event.address), harmless(event.message)
        with self._lock:
            row = self._rows.get(name, Row(name, "running"))
            if event.kind is EventKind.FINISHED and event.result is not None:
                self._rows[name] = Row(name, event.result.outcome.value, result_line(event.result))
            elif event.kind is EventKind.STARTED:
                self._rows[name] = Row(name, "running", event.verb.value if event.verb is not None else "")
            elif message:
                self._rows[name] = replace(row, message=message)


def _closing(report: RunReport | None) -> tuple[str, bool]:
    if report is None:
        return "There was nothing to do.", True
    return closing_line(report, "apply"), not report.failed and not report.interrupted


def _words(error: Exception) -> str:
    if isinstance(error, SpecError):
        return diagnostics_text(error.diagnostics, lambda file, line: None)
    fix = getattr(error, "fix", "")
    return f"{error} {fix}".strip()
