"""Where text goes: results to stdout, everything else to stderr, colour only where a person looks."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from orchestrator.cli.streams import speaks_unicode
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.plain_files import read_plain_text
from orchestrator.report.diagnostics import diagnostics_json, diagnostics_text
from orchestrator.report.folding import folded
from orchestrator.report.style import Style, without_foreign_controls


class OutputFailed(Exception):
    """Standard output cannot be written, for another reason than that its reader is gone."""


@dataclass(frozen=True, slots=True)
class Console:
    """The output of one command.

    Attributes:
        format: ``text``, ``json``, or another form that the command offers.
        quiet: no progress and no notices; results and errors only.
        verbose: everything there is to say.
        color: None decides by ``NO_COLOR``, ``FORCE_COLOR`` and the terminal, in this order.
        log_format: ``text``, or ``json`` for one JSON object a line on stderr, and nothing else there.
    """

    format: str = "text"
    quiet: bool = False
    verbose: bool = False
    color: bool | None = None
    log_format: str = "text"

    @property
    def json(self) -> bool:
        """Whether stdout must carry one JSON document and nothing else."""
        return self.format == "json"

    @property
    def style(self) -> Style:
        """Colours for stdout."""
        return Style(self._coloured(sys.stdout))

    @property
    def error_style(self) -> Style:
        """Colours for stderr."""
        return Style(self._coloured(sys.stderr))

    @property
    def live(self) -> bool:
        """Whether progress may redraw lines: a person looks at a terminal."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not self.quiet and self.log_format == "text"

    @property
    def log_lines(self) -> bool:
        """Whether everything but results is told as JSON lines."""
        return self.log_format == "json"

    def _coloured(self, stream: TextIO) -> bool:
        if self.color is not None:
            return self.color
        # Source: no-color.org, force-color.org; a 0 means no, as for Node.js, where the variable comes from.
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR", "0") not in ("", "0", "false"):
            return True
        return stream.isatty() and os.environ.get("TERM") != "dumb"

    def result(self, text: str) -> None:
        """Print a result.

        Raises:
            OutputFailed: standard output cannot be written.
            BrokenPipeError: nobody reads it any more.
        """
        try:
            print(without_foreign_controls(text), file=sys.stdout, flush=True)
        except BrokenPipeError:
            raise
        except OSError as problem:
            raise OutputFailed(problem.strerror or str(problem)) from problem

    def text(self, text: str) -> None:
        """Print a result that people read: on a terminal no line is longer than it is wide.

        Raises:
            OutputFailed, BrokenPipeError: as `result` does.
        """
        self.result(folded(text, self.width))

    @property
    def width(self) -> int:
        """Characters of a line of the terminal, or of ``COLUMNS`` if that is set; 0 in pipes and files, where lines stay whole."""
        if os.environ.get("COLUMNS", "").isdigit() or sys.stdout.isatty():
            return shutil.get_terminal_size().columns
        return 0

    def document(self, data: Any) -> None:
        """Print a result as JSON."""
        self.result(json.dumps(data, ensure_ascii=not speaks_unicode(), indent=2))

    def notice(self, text: str) -> None:
        """Say something on the way; silent with ``-q``."""
        if self.quiet:
            return
        if self.log_lines:
            self.log("info", "notice", message=text)
        else:
            self.error(text)

    def error(self, text: str) -> None:
        """Say something that must be seen."""
        if self.log_lines:
            self.log("error", "message", message=text)
            return
        with suppress(OSError):  # there is nowhere left to say it, and an apply must not die of its progress
            print(without_foreign_controls(text), file=sys.stderr, flush=True)

    def log(self, level: str, event: str, **facts: Any) -> None:
        """Write a JSON line. Only where `log_lines` says so."""
        from orchestrator.cli.log_lines import log_line

        log_line(level, event, facts)

    def warnings(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Print non-fatal findings."""
        if self.log_lines:
            self.problems(diagnostics)
            return
        text = diagnostics_text(diagnostics, source_line, self.error_style)
        if text:
            self.notice(text)

    def problems(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Write each finding as a JSON line of its own."""
        for facts in diagnostics_json(diagnostics)["diagnostics"]:
            if not (self.quiet and facts["severity"] == "warning"):
                self.log(facts["severity"], "diagnostic", **facts)


def source_line(file: str, number: int) -> str | None:
    """Line `number` (1-based) of a spec file, for the excerpt of a problem; None if it cannot be read."""
    try:
        path = Path(file).absolute()
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            return None
        lines = _lines(path, facts.st_ino, facts.st_mtime_ns, facts.st_size)
    except (OSError, ValueError):
        return None
    return lines[number - 1] if 0 < number <= len(lines) else None


@lru_cache(maxsize=64)
def _lines(path: Path, *_identity: int) -> tuple[str, ...]:
    """The lines of a file as it is now: another one of the same name, or the same after an edit, has another identity."""
    return tuple(read_plain_text(path, errors="replace").split("\n"))
