"""What can be refused by a job's body alone, before there is any data. Imports nothing that is large: plans ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .featurization import read_featurization
from .forecasting.settings import read_forecast
from .refusal import JobRefused
from .unsupported import refused

Path = tuple[str, ...]


def foreseen(body: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The field and the reason of everything in a body that this machine does not do.

    Args:
        body: an AutoML job on tables in CLI v2 form; mentions of data may be anything.
    """
    yield from refused(body)
    yield from _complaint(("featurization",), read_featurization, body.get("featurization"))
    if body.get("task") == "forecasting":
        yield from _complaint(("forecasting",), read_forecast, body.get("forecasting") or {})
        for name, why in FORECASTING_REFUSED.items():
            if body.get(name):
                yield (name,), why


FORECASTING_REFUSED: Mapping[str, str] = {
    "weight_column_name": "weight_column_name is not done for forecasting on this machine: leave it out.",
    "validation_data": "validation_data is not used for forecasting, which is checked by rolling origin: leave it out.",
}


def _complaint(path: Path, read: Callable[[Any], object], section: Any) -> Iterator[tuple[Path, str]]:
    try:
        read(section)
    except JobRefused as refusal:
        yield path, str(refusal)
