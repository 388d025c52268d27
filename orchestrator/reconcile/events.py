"""Events of the loop as log lines: structlog's JSON, or text for people."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

from orchestrator.core.defects import recorded, wants_traceback
from orchestrator.core.run import Event, EventKind
from orchestrator.reconcile.task import Watch
from orchestrator.report.style import one_line


def silence(event: str, facts: Mapping[str, object]) -> None:
    """Nobody listens."""


class StepEvents:
    """Tells the steps of an apply as events of the loop."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def __call__(self, event: Event) -> None:
        if event.kind is EventKind.LOG:
            return  # logs of workloads are in the workspace, not in the loop's
        facts: dict[str, object] = {"address": str(event.address) if event.address else "", "message": event.message}
        if event.result is not None:
            facts["outcome"] = event.result.outcome.value
            if event.result.error:
                facts["message"] = event.result.error
        self._watch(f"step.{event.kind.value}", facts)


def logging_watch(log_format: str, *, colors: bool = False) -> Watch:
    """A listener that writes one line to stderr for each event.

    Args:
        log_format: ``json`` or ``text``.
        colors: of text.
    """
    import structlog  # slow to import, and not needed by quiet loops

    last = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=colors)
    )
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_level,
            _with_defect,
            _harmless,
            last,
        ],
    )

    def watch(event: str, facts: Mapping[str, object]) -> None:
        logger.msg(event, **facts)

    return watch


def _harmless(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Without what could steer a terminal or look like another event; JSON escapes the rest itself."""
    return {
        name: one_line(value) if isinstance(value, str) and name != "exception" else value
        for name, value in event.items()
    }


def _with_defect(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as a sentence and the file that holds its traceback; the traceback itself where the environment asks for it."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        defect = recorded(error)
        event["error"] = defect.sentence("The loop")
        event["traceback"] = str(defect.file or "")
        if defect.file is None or wants_traceback():
            event["exception"] = defect.traceback
    return event


def _with_level(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["level"] = "error" if "exc_info" in event else "warning" if event.get("reason") else "info"
    return event
