"""Whether the values of a feature are there, of the right type and within bounds: those of the reference data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.workspace.monitoring.drift import text_of
from orchestrator.workspace.monitoring.order import NUMERICAL

if TYPE_CHECKING:
    import pandas


def quality(metric: str, kind: str, reference: pandas.Series, production: pandas.Series) -> float | None:
    """A rate of a feature, 0 to 1; None if it cannot be told.

    Args:
        metric: ``null_value_rate``, ``data_type_error_rate``, ``out_of_bounds_rate``.
        kind: of the feature.
    """
    if not len(production):
        return None
    if metric == "null_value_rate":
        return float(production.isna().mean())
    given = production.dropna()
    if not len(given):
        return None
    wrong = _wrong_type(given, kind, reference)
    if metric == "data_type_error_rate":
        return float(wrong.mean())
    right = given[~wrong]
    return float(_out_of_bounds(right, kind, reference).sum() / len(given)) if len(reference.dropna()) else None


def _wrong_type(given: pandas.Series, kind: str, reference: pandas.Series) -> Any:
    import pandas

    if kind == NUMERICAL:
        return pandas.to_numeric(given, errors="coerce").isna()
    known = {_family(value) for value in reference.dropna()}
    return given.map(lambda value: _family(value) not in known)


def _out_of_bounds(right: pandas.Series, kind: str, reference: pandas.Series) -> Any:
    import pandas

    if kind == NUMERICAL:
        bounds, numbers = pandas.to_numeric(reference, errors="coerce"), pandas.to_numeric(right)
        return (numbers < bounds.min()) | (numbers > bounds.max())
    known = set(reference.dropna().map(text_of))
    return ~right.map(text_of).isin(known)


def _family(value: Any) -> str:
    """Of numbers it does not matter of which type they are: JSON has but one."""
    if isinstance(value, str):
        return "text"
    return (
        "boolean" if type(value).__name__ in ("bool", "bool_") else "number" if hasattr(value, "__float__") else "other"
    )
