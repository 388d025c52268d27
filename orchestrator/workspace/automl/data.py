"""Reading the tables of a job: MLTable folders and plain files, with pandas."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .refusal import JobRefused
from .tables.table import read
from .tables.unsupported import Mistake, Unsupported

_READERS = {".csv": "read_csv", ".tsv": "read_table", ".parquet": "read_parquet", ".json": "read_json"}


def read_table(path: Path, what: str, *, addresses: bool = False) -> Any:
    """The table at ``path`` as a pandas frame.

    Args:
        path: a folder with an MLTable file, a data file, or a folder with one data file.
        what: the input's name, for errors.
        addresses: see `tables.table.read`.

    Raises:
        JobRefused: there is no table, it cannot be read, or it is empty.
    """
    source = _source(path, what)
    try:
        table = _read_mltable(source, addresses=addresses) if source.is_dir() else _read_file(source)
    except JobRefused:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        raise JobRefused(
            f"{what} at {source.name} cannot be read as a table: {text or type(error).__name__}"
        ) from error
    if table.shape[1] == 0 or len(table) == 0:
        raise JobRefused(f"{what} at {source.name} is empty: it has {len(table)} rows and {table.shape[1]} columns.")
    table.columns = [str(name) for name in table.columns]
    doubled = sorted({name for name in table.columns if list(table.columns).count(name) > 1})
    if doubled:
        raise JobRefused(f"{what} has more than one column named {', '.join(doubled)}: rename them.")
    return table


def _source(path: Path, what: str) -> Path:
    if path.is_file() and path.name == "MLTable":
        return path.parent
    if path.is_file():
        return path
    if not path.is_dir():
        raise JobRefused(f"{what} is not there: {path.name} is neither a file nor a folder.")
    if (path / "MLTable").is_file():
        return path
    files = sorted(each for each in path.iterdir() if each.suffix.lower() in _READERS)
    if len(files) == 1:
        return files[0]
    found = ", ".join(each.name for each in files) or "none"
    raise JobRefused(f"{what} has no MLTable file, so it must hold exactly one data file; found: {found}.")


def _read_file(source: Path) -> Any:
    import pandas

    reader = _READERS.get(source.suffix.lower())
    if reader is None:
        raise JobRefused(
            f"{source.name} is not a table that can be read here: use {', '.join(sorted(_READERS))} or an MLTable."
        )
    options = {"lines": _is_lines(source)} if reader == "read_json" else {}
    return getattr(pandas, reader)(source, **options)


def _is_lines(source: Path) -> bool:
    with source.open(encoding="utf-8") as file:
        return file.read(64).lstrip().startswith("{")


def _read_mltable(folder: Path, *, addresses: bool) -> Any:
    try:
        return read(folder, addresses=addresses)
    except Mistake as mistake:
        raise JobRefused(f"The MLTable of {folder.name} cannot be read: {mistake}.") from mistake
    except Unsupported as more:
        if find_spec("mltable") is None:
            raise JobRefused(
                f"The MLTable of {folder.name} asks for {more}, which needs Microsoft's engine: install the extra 'mltable'."
            ) from more
    return _read_with_engine(folder)


def _read_with_engine(folder: Path) -> Any:
    # With this variable the engine takes itself to be on Azure: it writes logs beside the job and calls the service.
    os.environ.pop("AZUREML_RUN_ID", None)
    import mltable

    return mltable.load(str(folder)).to_pandas_dataframe()
