"""A folder with an ``MLTable`` file as a frame of pandas.

The subset that is read here: ``paths`` with files, folders and patterns of the same folder; ``read_delimited``, ``read_parquet``,
``read_json_lines``; ``keep_columns``, ``drop_columns``, ``convert_column_types``, ``filter``, ``take``, ``skip``, ``take_random_sample``,
``extract_columns_from_partition_format``. Source: Azure ML documentation, MLTable YAML schema.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .convert import converted
from .delimited import ENCODINGS, OPTIONS, read_delimited
from .filters import matching
from .partitions import columns_of
from .paths import NAME, files_of
from .unsupported import Mistake, Unsupported

PATH: Final = "Path"
PARTITIONS: Final = "extract_columns_from_partition_format"
READERS: Final = {
    "read_delimited": OPTIONS,
    "read_parquet": frozenset({"include_path_column", "path_column"}),
    "read_json_lines": frozenset({"invalid_lines", "encoding", "include_path_column", "path_column", "partition_size"}),
}
"""Readers, each with its options. ``partition_size`` means nothing to one process."""


def read(folder: Path, *, addresses: bool = False) -> Any:
    """Read a table.

    Args:
        folder: with a file named MLTable.
        addresses: columns of type ``stream_info`` are the addresses of files, as text. Microsoft's engine has a type for them.

    Raises:
        Mistake: the file or the data is not right.
        Unsupported: the file asks for what only Microsoft's engine does.
    """
    body = body_of(folder)
    files = files_of(folder, body.get("paths"))
    steps = [step_of(each) for each in body.get("transformations") or ()]
    steps = [_of_text(step) for step in steps] if addresses else steps
    readers = [at for at, (name, _) in enumerate(steps) if name in READERS]
    if len(readers) != 1:
        raise Unsupported("a table without one reader" if not readers else "several readers")
    frame, sources = _read(files, *steps[readers[0]])
    ahead: dict[str, Any] = {}
    for name, argument in steps[: readers[0]]:
        if name != PARTITIONS:
            raise Unsupported(f"{name} before the reader")
        ahead.update(columns_of(sources, format_of(argument), infer=True))
    for at, (column, values) in enumerate(ahead.items()):
        frame.insert(at + (PATH in frame.columns), column, values.to_numpy())
    for name, argument in steps[readers[0] + 1 :]:
        if name == PARTITIONS:
            behind = columns_of([sources[at] for at in frame.index], format_of(argument), infer=False)
            for column, values in behind.items():
                frame = frame.assign(**{column: values.to_numpy()})
        elif name in STEPS:
            frame = STEPS[name](frame, argument)
        else:
            raise Unsupported(name)
    return frame.reset_index(drop=True)


def body_of(folder: Path) -> Mapping[str, Any]:
    """What the MLTable of a folder says."""
    import yaml

    try:
        body = yaml.safe_load((folder / NAME).read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Mistake(f"it is not YAML: {error}") from error
    if not isinstance(body, Mapping):
        raise Mistake("it is not a mapping")
    return body


def step_of(each: Any) -> tuple[str, Any]:
    """The name of a transformation and its arguments."""
    if isinstance(each, str):
        return each, {}
    if isinstance(each, Mapping) and len(each) == 1:
        name, argument = next(iter(each.items()))
        return str(name), {} if argument is None else argument
    raise Mistake(f"each transformation is a name with its arguments; this is {each}")


def _read(files: Sequence[Path], name: str, options: Any) -> tuple[Any, list[str]]:
    """All rows, and the file that each is from."""
    import pandas

    unknown = sorted(options.keys() - READERS[name]) if isinstance(options, Mapping) else [str(options)]
    if unknown:
        raise Mistake(f"{name} has no option {', '.join(unknown)}; there are {', '.join(sorted(READERS[name]))}")
    if options.get("path_column"):
        raise Unsupported("path_column")
    if name == "read_delimited":
        frames = read_delimited(files, options)
    elif name == "read_parquet":
        frames = [pandas.read_parquet(file) for file in files]
    else:
        frames = [_json_lines(file, options) for file in files]
    sources = [str(file) for file, frame in zip(files, frames, strict=True) for _ in range(len(frame))]
    whole = pandas.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0].reset_index(drop=True)
    if options.get("include_path_column"):
        whole.insert(0, PATH, sources)
    return whole, sources


def _json_lines(file: Path, options: Mapping[str, Any]) -> Any:
    import pandas

    encoding = ENCODINGS.get(str(options.get("encoding", "utf8")))
    if encoding is None:
        raise Mistake(f"encoding is {options['encoding']!r}; use {', '.join(ENCODINGS)}")
    rows = []
    for number, line in enumerate(file.read_text(encoding=encoding).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            row = error
        if isinstance(row, dict):
            rows.append(row)
        elif options.get("invalid_lines", "error") != "drop":
            raise Mistake(f"line {number} of {file.name} is not a JSON object")
    return pandas.DataFrame(rows)


def format_of(argument: Any) -> str:
    """The format of the paths that columns are taken from."""
    written = argument.get("partition_format") if isinstance(argument, Mapping) else None
    if not isinstance(written, str):
        raise Mistake(f"{PARTITIONS} needs a partition_format")
    return written


def selected(names: Iterable[Any], argument: Any) -> list[str]:
    """The columns that an argument names: one name, a list, or a pattern."""
    columns = [str(name) for name in names]
    if isinstance(argument, str):
        return [name for name in columns if name == argument]
    if isinstance(argument, list):
        return [name for name in columns if name in {str(each) for each in argument}]
    if not isinstance(argument, Mapping) or "pattern" not in argument:
        raise Mistake(f"columns are a name, a list of names or a pattern; this is {argument}")
    expression = re.compile(str(argument["pattern"]), re.IGNORECASE if argument.get("ignore_case") else 0)
    return [name for name in columns if bool(expression.search(name)) is not bool(argument.get("invert"))]


def _keep(frame: Any, argument: Any) -> Any:
    kept = selected(frame.columns, argument)
    if not kept:
        raise Mistake(f"keep_columns keeps none of {', '.join(map(str, frame.columns))}")
    return frame[kept]


def _drop(frame: Any, argument: Any) -> Any:
    return frame.drop(columns=selected(frame.columns, argument))


def _convert(frame: Any, argument: Any) -> Any:
    for each in argument if isinstance(argument, list) else [argument]:
        if not isinstance(each, Mapping) or "columns" not in each or "column_type" not in each:
            raise Mistake("convert_column_types is a list of `columns` with their `column_type`")
        for name in selected(frame.columns, each["columns"]):
            values = converted(frame[name], each["column_type"])
            values.index = frame.index
            frame = frame.assign(**{name: values})
    return frame


def _of_text(step: tuple[str, Any]) -> tuple[str, Any]:
    """A step without conversions of addresses."""
    name, argument = step
    if name != "convert_column_types" or not isinstance(argument, list):
        return step
    return name, [
        each for each in argument if not isinstance(each, Mapping) or each.get("column_type") != "stream_info"
    ]


def _sample(frame: Any, argument: Any) -> Any:
    probability = argument.get("probability") if isinstance(argument, Mapping) else None
    if not isinstance(probability, int | float) or not 0 <= probability <= 1:
        raise Mistake("take_random_sample needs a probability from 0 to 1")
    dice = random.Random(argument.get("seed"))  # noqa: S311 - a sample, not a secret
    return frame[[dice.random() < probability for _ in range(len(frame))]]


def _count(argument: Any) -> int:
    if isinstance(argument, bool) or not isinstance(argument, int) or argument < 0:
        raise Mistake(f"take and skip need a number of rows; this is {argument}")
    return argument


STEPS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "keep_columns": _keep,
    "drop_columns": _drop,
    "convert_column_types": _convert,
    "filter": lambda frame, argument: matching(frame, str(argument)),
    "take": lambda frame, argument: frame.iloc[: _count(argument)],
    "skip": lambda frame, argument: frame.iloc[_count(argument) :],
    "take_random_sample": _sample,
}
