"""What libraries log and warn of, as JSON lines."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from orchestrator.cli.console import Console
from orchestrator.core.url_secrets import without_passwords


@contextmanager
def library_lines(console: Console) -> Iterator[None]:
    """Warnings of Python and records of loggers as JSON lines."""
    handler = _Lines(console)
    logging.root.addHandler(handler)
    shown = warnings.showwarning

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
    ) -> None:
        console.log("warning", "library", message=f"{category.__name__}: {message}")

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = shown
        logging.root.removeHandler(handler)


class _Lines(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        message = without_passwords(record.getMessage())
        self._console.log(record.levelname.lower(), "library", logger=record.name, message=message)
