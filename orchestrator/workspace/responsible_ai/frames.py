"""Tables of the tools: read from what a dataset is, and turned into numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.workspace.automl.data import read_table
from orchestrator.workspace.automl.refusal import JobRefused

if TYPE_CHECKING:
    import pandas

_MANY = (".parquet", ".csv")


def read_frame(path: Path, what: str) -> pandas.DataFrame:
    """The table of a dataset: an MLTable folder, a file, or a folder with the parts of one table.

    Raises:
        JobRefused: there is none.
    """
    import pandas

    parts = _parts(path)
    if len(parts) > 1:
        return pandas.concat([read_table(part, what) for part in parts], ignore_index=True)
    return read_table(path, what)


def _parts(path: Path) -> list[Path]:
    if not path.is_dir() or (path / "MLTable").is_file():
        return []
    for ending in _MANY:
        if found := sorted(path.glob(f"*{ending}")):
            return found
    return []


@dataclass(frozen=True, slots=True)
class Numbers:
    """Turns features into numbers: categories become the numbers of their values, everything else stays.

    Attributes:
        values: of each categorical feature, in order.
    """

    features: tuple[str, ...]
    values: dict[str, list[str]]

    @classmethod
    def of(cls, frame: pandas.DataFrame, features: Sequence[str], categorical: Sequence[str]) -> Numbers:
        """As a table has them."""
        kept = {name: sorted({str(value) for value in frame[name]}) for name in features if name in categorical}
        return cls(tuple(features), kept)

    def table(self, frame: pandas.DataFrame) -> Any:
        """Rows of numbers; a category that was not known is -1, what is missing stays missing."""
        import numpy

        columns = [self._column(frame[name], self.values.get(name)) for name in self.features]
        return numpy.column_stack(columns).astype(float) if columns else numpy.empty((len(frame), 0))

    @staticmethod
    def _column(column: Any, values: list[str] | None) -> Any:
        if values is None:
            return column.astype(float).to_numpy()
        numbers = {value: number for number, value in enumerate(values)}
        return column.map(lambda value: numbers.get(str(value), -1)).astype(float).to_numpy()


def plain(value: Any) -> Any:
    """A value of a table as JSON has it."""
    import math

    item = value.item() if hasattr(value, "item") else value
    if isinstance(item, float) and not math.isfinite(item):
        return None
    return item if isinstance(item, str | int | float | bool) or item is None else str(item)


def label(value: Any) -> str:
    """A label as a text: a whole number has no point, whichever type it has."""
    item = value.item() if hasattr(value, "item") else value
    return str(int(item)) if isinstance(item, float) and item.is_integer() else str(item)


def need_columns(frame: pandas.DataFrame, names: Sequence[str], what: str) -> None:
    """Refuse names that are no columns."""
    from orchestrator.core.diagnostic import did_you_mean

    columns = [str(name) for name in frame.columns]
    for name in names:
        if name not in columns:
            fix = did_you_mean(name, columns, f"The columns are: {', '.join(columns)}.")
            raise JobRefused(f"{what} has no column '{name}'. {fix}")
