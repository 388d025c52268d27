"""Which features a signal is about, and of which type each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.monitoring.order import CATEGORICAL, NUMERICAL
from orchestrator.workspace.responsible_ai.frames import need_columns

if TYPE_CHECKING:
    import pandas

_FEW: Final = 0.05
"""A column of whole numbers with fewer different values than this share of its rows is one of categories. Source: azureml-assets,
``model_monitoring``."""


def kind_of(column: pandas.Series) -> str:
    """The type of a feature, by its reference data."""
    from pandas.api import types

    given = column.dropna()
    if types.is_bool_dtype(column) or not types.is_numeric_dtype(column):
        return CATEGORICAL
    whole = types.is_integer_dtype(column) or bool((given % 1 == 0).all())
    return CATEGORICAL if whole and given.nunique() < _FEW * len(given) else NUMERICAL


def chosen(
    selection: Sequence[str] | int | None, reference: pandas.DataFrame, production: pandas.DataFrame, target: str
) -> list[str]:
    """The features of a signal.

    Args:
        selection: names; the number of the most important ones; None for all that both have.
        target: the column of the reference data that is no feature; empty if it is not known.

    Raises:
        JobRefused: the reference data lack one, or there are none.
    """
    if isinstance(selection, list | tuple):
        need_columns(reference, selection, "The reference data")
        return list(selection)
    both = [name for name in reference.columns if name in production.columns and name != target]
    if not both:
        raise JobRefused(
            f"The reference data and the production data have no column in common. Reference: {', '.join(reference.columns)}. "
            f"Production: {', '.join(production.columns)}."
        )
    if isinstance(selection, int) and target in reference.columns:
        return _most_important(selection, both, reference, target)
    return both


def _most_important(number: int, names: list[str], reference: pandas.DataFrame, target: str) -> list[str]:
    """By the gain of a small LightGBM model of the target."""
    import lightgbm

    rows = reference.dropna(subset=[target])
    table = rows[names].apply(_coded)
    labels = rows[target]
    few = kind_of(labels) == CATEGORICAL
    family: Any = lightgbm.LGBMClassifier if few else lightgbm.LGBMRegressor
    options: Mapping[str, Any] = {"n_estimators": 50, "random_state": 0, "n_jobs": 1, "verbose": -1}
    model = family(importance_type="gain", **options).fit(table.to_numpy(), _coded(labels) if few else labels)
    order = sorted(zip(model.feature_importances_, names, strict=True), key=lambda pair: -pair[0])
    return [name for _, name in order[:number]]


def _coded(column: Any) -> Any:
    return column if kind_of(column) == NUMERICAL else column.astype("category").cat.codes
