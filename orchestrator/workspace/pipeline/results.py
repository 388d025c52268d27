"""Values that steps pass on: outputs of type boolean, integer, number and string, each the text of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from orchestrator.core.errors import Invalid
from orchestrator.workspace.records.record import Record

_IN_FOLDER: Final = "output"
"""The file in an output that is a folder. Source: mldesigner, ``ExecutorBase.finalize``."""


def value_of(run: Record, output: str, step: str) -> str:
    """The value that a run has written.

    Raises:
        Invalid: it has written none.
    """
    place = Path((run.attributes.get("outputs") or {}).get(output) or "")
    if place.is_dir():
        place /= _IN_FOLDER
    try:
        return place.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise Invalid(
            f"Step '{step}' did not write its output '{output}'.",
            fix=f"Write the value as text to the file ${{{{outputs.{output}}}}}.",
        ) from None
