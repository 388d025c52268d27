"""``read_delimited``: text files with a delimiter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from .convert import converted
from .infer import text, typed
from .unsupported import Mistake, Unsupported

Row = list["str | None"]

ENCODINGS: Final = {
    "utf8": "utf-8-sig", "utf-8": "utf-8-sig", "utf8 bom": "utf-8-sig", "utf8bom": "utf-8-sig", "ascii": "ascii",
    "iso88591": "latin-1", "iso-8859-1": "latin-1", "latin1": "latin-1", "latin-1": "latin-1",
    "utf16": "utf-16", "utf-16": "utf-16", "windows1252": "cp1252", "windows-1252": "cp1252",
}  # fmt: skip
OPTIONS: Final = frozenset(
    {
        "delimiter", "header", "support_multi_line", "empty_as_string", "encoding", "include_path_column",
        "infer_column_types", "path_column", "partition_size",
    }
)  # fmt: skip
_HEADERS: Final = ("all_files_same_headers", "all_files_different_headers", "from_first_file", "no_header")
_LINES: Final = re.compile(r"\r\n|\n")


def read_delimited(files: Sequence[Path], options: Mapping[str, Any]) -> list[Any]:
    """The rows of each file as a frame of pandas: the same columns with the same types in all.

    Raises:
        Mistake: an option or a file is not right.
        Unsupported: a value of an option is one that we do not have.
    """
    columns = _cells_by_column([_text(file, options) for file in files], options)
    return _typed(columns, options.get("infer_column_types", True))


def header_of(files: Sequence[Path], options: Mapping[str, Any], characters: int) -> list[str]:
    """The columns as far as the first characters of each file tell them; none if a header is longer.

    Raises:
        Mistake, Unsupported: as `read_delimited`.
    """
    starts = [_text(file, options, characters) for file in files]
    if any(len(start) == characters and "\n" not in start for start in starts):
        return []
    whole = [start.rpartition("\n")[0] if len(start) == characters else start for start in starts]
    return list(next(iter(_cells_by_column(whole, options)), {}))


def _cells_by_column(texts: Sequence[str], options: Mapping[str, Any]) -> list[dict[str, Row]]:
    header = options.get("header", _HEADERS[0])
    if header not in _HEADERS:
        raise Mistake(f"header is {header!r}; use {', '.join(_HEADERS)}")
    delimiter = str(options.get("delimiter", ","))
    if len(delimiter) != 1:
        raise Unsupported(f"the delimiter {delimiter!r} of several characters")
    return _columns([list(_rows(text, delimiter, options)) for text in texts], header)


def _text(file: Path, options: Mapping[str, Any], characters: int = -1) -> str:
    named = str(options.get("encoding", "utf8"))
    encoding = ENCODINGS.get(named)
    if encoding is None:
        raise Mistake(f"encoding is {named!r}; use {', '.join(ENCODINGS)}")
    try:
        with file.open(encoding=encoding, newline="") as opened:
            return opened.read(characters)
    except UnicodeError as error:
        raise Mistake(f"{file.name} is not {named}: {error}") from error


def _rows(content: str, delimiter: str, options: Mapping[str, Any]) -> Iterator[Row]:
    empty = "" if options.get("empty_as_string") else None
    joins = bool(options.get("support_multi_line"))
    held = ""
    for line in _LINES.split(content):
        whole = f"{held}\n{line}" if held else line
        if joins and whole.count('"') % 2:
            held = whole
            continue
        held = ""
        if whole:
            yield _cells(whole, delimiter, empty)
    if held:
        yield _cells(held, delimiter, empty)


def _cells(line: str, delimiter: str, empty: str | None) -> Row:
    if '"' not in line:
        return [cell or empty for cell in line.split(delimiter)]
    cells: Row = []
    at = 0
    while at <= len(line):
        quoted = _quoted(line, at) if line.startswith('"', at) else None
        inner, start = quoted or ("", at)
        end = line.find(delimiter, start)
        end = len(line) if end < 0 else end
        cell = inner + line[start:end]
        cells.append(cell if cell or quoted else empty)
        at = end + 1
    return cells


def _quoted(line: str, at: int) -> tuple[str, int] | None:
    """What stands between quotes, and where they end; None if they do not."""
    found = re.compile(r'"((?:[^"]|"")*)"').match(line, at)
    return None if found is None else (found[1].replace('""', '"'), found.end())


def _columns(tables: list[list[Row]], header: str) -> list[dict[str, Row]]:
    """The cells of each file by column."""
    named: list[dict[str, Row]] = []
    first: list[str] | None = None
    width = max((len(row) for rows in tables for row in rows), default=0)
    for rows in tables:
        has_header = header != "no_header" and not (header == "from_first_file" and first is not None)
        own = rows[0] if has_header and rows else []
        body = rows[1:] if has_header else rows
        if header == "all_files_different_headers":
            names = _names(own, max((len(row) for row in rows), default=0))
        else:
            first = first if first is not None else _names(own, width)
            names = first
        cells = list(zip_longest(*body)) if body else []
        columns: dict[str, Row] = {
            name: list(cells[at]) if at < len(cells) else [None] * len(body) for at, name in enumerate(names)
        }
        named.append(columns)
    every = list(dict.fromkeys(name for columns in named for name in columns))
    lengths = [max((len(cells) for cells in columns.values()), default=0) for columns in named]
    return [
        {name: columns.get(name, [None] * length) for name in every}
        for columns, length in zip(named, lengths, strict=True)
    ]


def _names(header: Row, width: int) -> list[str]:
    names: list[str] = []
    for at in range(width):
        name = (header[at] or "").strip() if at < len(header) else ""
        name = name or f"Column{at + 1}"
        again = name
        number = 0
        while again in names:
            number += 1
            again = f"{name}_{number}"
        names.append(again)
    return names


def _typed(files: list[dict[str, Row]], infer: Any) -> list[Any]:
    """Types are told over all files together."""
    import pandas

    overrides: dict[str, Any] = {}
    for override in infer.get("column_type_overrides") or () if isinstance(infer, Mapping) else ():
        columns = override["columns"]
        overrides.update(dict.fromkeys([columns] if isinstance(columns, str) else columns, override["column_type"]))
    lengths = [len(next(iter(columns.values()), [])) for columns in files]
    series = {}
    for name in files[0] if files else ():
        cells = [cell for columns in files for cell in columns[name]]
        if name in overrides:
            series[name] = converted(text(cells), overrides[name])
        else:
            series[name] = text(cells) if infer is False else typed(cells)
    whole = pandas.DataFrame(series)
    starts = [sum(lengths[:at]) for at in range(len(lengths))]
    return [whole.iloc[start : start + length] for start, length in zip(starts, lengths, strict=True)]
