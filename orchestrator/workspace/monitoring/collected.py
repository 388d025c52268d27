"""Reads the data of a signal: lines that a deployment collected, or a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.responsible_ai.frames import read_frame

if TYPE_CHECKING:
    import pandas


def read_data(place: Path, window: tuple[datetime, datetime] | None, what: str) -> pandas.DataFrame:
    """The rows of a signal.

    Args:
        place: a folder with collected data, or a table: see `read_frame`.
        window: of collected data: begin and end; a table has no times, so that it is used as a whole.
        what: of the data, for errors.

    Raises:
        JobRefused: there are none.
    """
    import pandas

    files = sorted(place.rglob("*.jsonl")) if place.is_dir() and not (place / "MLTable").is_file() else []
    if not files and place.is_dir() and not any(place.iterdir()):
        raise JobRefused(f"{what}: nothing has been collected yet.")
    if not files:
        return read_frame(place, what)
    rows = [row for line in _lines(files) if _within(line, window) for row in _rows(line)]
    if not rows:
        when = f" between {window[0]:%Y-%m-%d %H:%M} and {window[1]:%Y-%m-%d %H:%M} UTC" if window else ""
        raise JobRefused(f"{what}: nothing was collected{when}.")
    frame = pandas.DataFrame(rows)
    return frame.set_axis([str(name) for name in frame.columns], axis=1)


def _lines(files: list[Path]) -> Iterator[dict[str, Any]]:
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as stream:
            for text in stream:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue  # the last line of a server that was killed
                if isinstance(line, dict):
                    yield line


def _within(line: dict[str, Any], window: tuple[datetime, datetime] | None) -> bool:
    if window is None or "specversion" not in line:
        return True
    moment = datetime.fromisoformat(str(line.get("time")).replace("Z", "+00:00"))
    return window[0] <= moment < window[1]


def _rows(line: dict[str, Any]) -> list[Any]:
    if "specversion" not in line:
        return [line]
    data = line.get("data")
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
