"""The names of a table's columns, from the first bytes of its files. Needs no pandas: validation asks for them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .delimited import ENCODINGS, header_of
from .partitions import holes_of
from .paths import NAME, files_of
from .table import PARTITIONS, PATH, READERS, STEPS, body_of, format_of, selected, step_of
from .unsupported import Mistake, Unsupported

_START: Final = 1 << 16
"""Characters that are read of a text file; a header that is longer is not looked for."""
_MOST: Final = 4 << 20
"""Bytes of a file whose rows must all be read, because each may have columns of its own."""
_DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}
_DATA: Final = (*_DELIMITERS, ".parquet", ".json")


def columns_at(path: Path) -> tuple[str, ...] | None:
    """The columns of the table at a path, as `data.read_table` reads it; None where that cannot be told without reading it all.

    Args:
        path: a folder with an MLTable file, a data file, or a folder with one data file.
    """
    try:
        source = _source(path)
        if source is None:
            return None
        names = _of_mltable(source) if source.is_dir() else _of_file(source)
    except (
        Mistake,
        Unsupported,
        ImportError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        csv.Error,
        re.error,
    ):
        return None  # who reads the whole table tells what is wrong with it
    return tuple(names) if names else None


def _source(path: Path) -> Path | None:
    if path.is_file():
        return path.parent if path.name == NAME else path
    if (path / NAME).is_file():
        return path
    files = sorted(each for each in path.iterdir() if each.suffix.lower() in _DATA)
    return files[0] if len(files) == 1 else None


def _of_file(file: Path) -> Sequence[str]:
    kind = file.suffix.lower()
    if kind in _DELIMITERS:
        return _named(_first_row(file, _DELIMITERS[kind]))
    if kind == ".parquet":
        return _of_parquet(file)
    if kind == ".json":
        return _of_json(file)
    return ()


def _first_row(file: Path, delimiter: str) -> Sequence[str]:
    """The first row with anything in it, as pandas reads it."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        start = text.read(_START)
        whole = not text.read(1)
    lines = start.splitlines(keepends=True)
    for row in csv.reader(lines if whole else lines[:-1], delimiter=delimiter):
        if row:
            return row
    return ()


def _named(row: Sequence[str]) -> list[str]:
    """Names as pandas gives them: to columns without one, and to those of the same name."""
    names: list[str] = []
    for at, name in enumerate(row):
        given = name or f"Unnamed: {at}"
        again, number = given, 0
        while again in names:
            number += 1
            again = f"{given}.{number}"
        names.append(again)
    return names


def _of_parquet(file: Path) -> Sequence[str]:
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(file)
    kept = json.loads((schema.metadata or {}).get(b"pandas", b"{}")).get("index_columns") or ()
    index = {name for name in kept if isinstance(name, str)}
    return [name for name in schema.names if name not in index]


def _of_json(file: Path) -> Sequence[str]:
    if file.stat().st_size > _MOST:
        return ()
    text = file.read_text(encoding="utf-8")
    if text.lstrip().startswith("{"):
        return _keys(json.loads(line) for line in text.splitlines() if line.strip())
    found = json.loads(text)
    return _keys(found) if isinstance(found, list) else ()


def _keys(rows: Iterator[Any] | list[Any]) -> list[str]:
    return list(dict.fromkeys(str(name) for row in rows if isinstance(row, Mapping) for name in row))


def _of_mltable(folder: Path) -> Sequence[str]:
    body = body_of(folder)
    files = files_of(folder, body.get("paths"))
    steps = [step_of(each) for each in body.get("transformations") or ()]
    readers = [at for at, (name, _) in enumerate(steps) if name in READERS]
    if len(readers) != 1:
        return ()
    name, options = steps[readers[0]]
    columns = _read(files, name, options)
    if not columns:
        return ()
    ahead = [
        hole for step, argument in steps[: readers[0]] if step == PARTITIONS for hole in holes_of(format_of(argument))
    ]
    columns = [*([PATH] if options.get("include_path_column") else []), *ahead, *columns]
    for step, argument in steps[readers[0] + 1 :]:
        if step == PARTITIONS:
            columns = [*columns, *holes_of(format_of(argument))]
        elif step == "keep_columns":
            columns = selected(columns, argument)
        elif step == "drop_columns":
            gone = selected(columns, argument)
            columns = [column for column in columns if column not in gone]
        elif step not in STEPS:
            return ()
    return list(dict.fromkeys(columns))


def _read(files: Sequence[Path], reader: str, options: Mapping[str, Any]) -> Sequence[str]:
    if reader == "read_parquet":
        found = [_of_parquet(file) for file in files]
    elif reader == "read_json_lines":
        if sum(file.stat().st_size for file in files) > _MOST:
            return ()
        encoding = ENCODINGS[str(options.get("encoding", "utf8"))]
        found = [_keys(_objects(file.read_text(encoding=encoding))) for file in files]
    else:
        return header_of(files, options, _START)
    return list(dict.fromkeys(name for names in found for name in names))


def _objects(text: str) -> Iterator[Any]:
    for line in text.split("\n"):
        try:
            yield json.loads(line) if line.strip() else None
        except ValueError:
            yield None
