"""Values of the configuration that are written as text: durations, times, dates, zones, paths."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError, did_you_mean
from orchestrator.core.tree import LocatedDict, dotted, span_at
from orchestrator.spec.body_problems import SUMMARIES

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_UNITS = {None: 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_LONGEST_S = 366 * 86_400.0


class Values:
    """Reads values and collects what is wrong with them; gives something harmless in place of a wrong one.

    Args:
        tree: the whole file, with places.
        folder: where relative paths start.
    """

    def __init__(self, tree: LocatedDict, folder: Path) -> None:
        self._tree = tree
        self._folder = folder
        self._problems: list[Diagnostic] = []

    def wrong(self, code: str, at: tuple[str | int, ...], detail: str, fix: str, *, key: bool = False) -> None:
        """Record a problem at a value, or at its key."""
        span = span_at(self._tree, at, key=key)
        self._problems.append(
            Diagnostic(Severity.ERROR, code, summary=SUMMARIES[code], detail=detail, fix=fix, subject=span)
        )

    def raise_if_any(self) -> None:
        """Stop if anything was wrong.

        Raises:
            SpecError: with every problem.
        """
        if self._problems:
            raise SpecError(self._problems)

    def is_name(self, text: str) -> bool:
        """Whether a text can name a project: in paths, addresses and metrics."""
        return _NAME.fullmatch(text) is not None

    def path(self, text: str) -> Path:
        """A path, absolute."""
        return self._folder / Path(text).expanduser()

    def address(self, text: str) -> str:
        """A repository's address; a relative path is made absolute."""
        return str(self.path(text)) if text.startswith((".", "~")) else text

    def seconds(self, value: str | float, *at: str | int, least: float = 0.0) -> float:
        """A duration."""
        found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is not None:
            value = float(found[1]) * _UNITS[found[2]]
        if isinstance(value, str) or not least <= value <= _LONGEST_S:
            detail = f"'{dotted(at)}' must be a duration between {least:g} seconds and a year."
            self.wrong("invalid-value", at, detail, "Write seconds, or a number with a unit: 30s, 5m, 2h, 1d.")
            return 60.0
        return float(value)

    def time(self, text: str, *at: str | int) -> time:
        """A time of the day; 24:00 is midnight."""
        found = _CLOCK.fullmatch(text)
        if found is None or (found[1] == "24" and found[2] != "00"):
            self.wrong("invalid-value", at, f"'{text}' is not a time of day.", 'Write "HH:MM".')
            return time(0, 0)
        return time(int(found[1]) % 24, int(found[2]))

    def date(self, text: str | None, *at: str | int) -> date | None:
        """A date."""
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong("invalid-value", at, f"'{text}' is not a date.", "Write YYYY-MM-DD.")
            return None

    def zone(self, name: str, *at: str | int) -> str:
        """The name of a time zone."""
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            from zoneinfo import available_timezones  # walks a folder; only wrong input needs it

            fix = did_you_mean(name, available_timezones(), "Use an IANA name such as Europe/Berlin.")
            self.wrong("invalid-value", at, f"There is no time zone '{name}'.", fix)
            return "UTC"
        return name
