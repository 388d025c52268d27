"""The service's words for how a run is, in filters of searches. MLflow itself compares them letter by letter."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = {
    "completed": "FINISHED",
    "failed": "FAILED",
    "canceled": "KILLED",
    "finished": "FINISHED",
    "killed": "KILLED",
    "notstarted": "SCHEDULED",
    "queued": "SCHEDULED",
    "running": "RUNNING",
    "scheduled": "SCHEDULED",
}
_STRING: Final = r"'[^']*'|\"[^\"]*\""
_STATUS: Final = re.compile(
    rf"""(?P<other>{_STRING})|
    (?P<field>(?<![\w.`/-])(?:(?:attributes?|attr|run)\.)?status\s*(?:!=|=|LIKE|ILIKE)\s*)(?P<value>{_STRING})""",
    re.IGNORECASE | re.VERBOSE,
)


def in_mlflows_words(search: str) -> str:
    """A filter for runs in which each status is spelt as MLflow spells it: ``attributes.status = 'Failed'`` finds failed runs.

    Source: documentation "Query & compare experiments and runs with MLflow" of Azure ML.
    """
    return _STATUS.sub(_spelt, search)


def _spelt(match: re.Match[str]) -> str:
    if match["other"] is not None:
        return match[0]
    value = match["value"]
    word = _WORDS.get(value[1:-1].lower())
    return f"{match['field']}{value[0]}{word}{value[-1]}" if word else match[0]
