"""Which file of an ``MLTable`` to show first, and how its rows are written. Reads the MLTable only, none of the data."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .paths import NAME, files_of
from .table import READERS, body_of, step_of
from .unsupported import Mistake, Unsupported


class Preview(NamedTuple):
    """The first file of a table.

    Attributes:
        form: ``delimited``, ``parquet`` or ``json_lines``.
        delimiter: between cells of a delimited file.
        headed: its first line has the names of the columns.
        files: how many files the table has.
    """

    file: Path
    form: str
    delimiter: str
    headed: bool
    files: int


def first_file(folder: Path) -> Preview | None:
    """The first file of the table that a folder holds; None if it holds none that is read here."""
    if not (folder / NAME).is_file():
        return None
    try:
        body = body_of(folder)
        files = files_of(folder, body.get("paths"))
        steps = [step_of(each) for each in body.get("transformations") or ()]
    except (Mistake, Unsupported, OSError, TypeError):
        return None
    readers = [(name, options) for name, options in steps if name in READERS]
    if len(readers) != 1 or not isinstance(readers[0][1], dict):
        return None
    name, options = readers[0]
    headed = options.get("header") != "no_header"
    return Preview(files[0], name.removeprefix("read_"), str(options.get("delimiter", ",")), headed, len(files))
