"""Lines of ``--log-format json``: one JSON object for each thing that is said, whatever says it."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime


def log_line(level: str, event: str, facts: dict[str, object]) -> None:
    """Write one line to stderr; facts that are None are left out."""
    line = {
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "event": event,
        **{name: value for name, value in facts.items() if value is not None},
    }
    with suppress(OSError):  # there is nowhere left to say it, and an apply must not die of its progress
        print(json.dumps(line), file=sys.stderr, flush=True)
