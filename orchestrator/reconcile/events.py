"""Events of the loop as log lines: structlog's JSON, or text for people. Imported only where a loop runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import structlog

from orchestrator.reconcile.passes import Watch


def logging_watch(log_format: str) -> Watch:
    """A listener that writes one line to stderr for each event.

    Args:
        log_format: ``json`` or ``text``.
    """
    last = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_level,
            structlog.processors.format_exc_info,
            last,
        ],
    )

    def watch(event: str, facts: Mapping[str, object]) -> None:
        logger.msg(event, **facts)

    return watch


def _with_level(logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event["level"] = "error" if "exc_info" in event else "warning" if event.get("reason") else "info"
    return event
