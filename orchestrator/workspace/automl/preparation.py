"""From tables and settings to a learning problem, refusing what cannot be learnt from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .columns import assign_roles
from .problem import Problem
from .refusal import JobRefused
from .settings import Settings, Validation

Say = Callable[[str], None]
_LEAST_ROWS = 10
_HOLD_OUT_ROWS = 20_000
_FEW_ROWS = 1_000


def make_problem(settings: Settings, training: Any, validation: Any, say: Say) -> Problem:
    """The problem that the settings and tables state.

    Args:
        settings: of the job.
        training: a pandas frame with the target.
        validation: another with the same columns, or None.
        say: takes one line for the log.

    Raises:
        JobRefused: a column is missing, one class, no rows, or nothing to learn from.
    """
    needed = [settings.target, *([settings.weight] if settings.weight else [])]
    _check_columns(needed, training, validation)
    table, held = _with_target(settings.target, training, validation, say)
    labels = table[settings.target]
    target, classes = _classes(labels) if settings.task == "classification" else (numbers_of(labels), ())
    features = table.drop(columns=needed)
    roles = assign_roles(features, settings.featurization)
    for name, reason in roles.dropped:
        say(f"Column {name} is left out: {reason}.")
    seed = content_seed(settings, table)
    held_out, folds = _split(settings.validation, target, held, seed, stratify=bool(classes))
    return Problem(
        task=settings.task,
        features=features[[column.name for column in roles.features]],
        target=target,
        classes=classes,
        weights=_weights(table, settings.weight),
        held_out=held_out,
        folds=folds,
        learnt_rows=np.flatnonzero(~held),
        roles=roles,
        featurization=settings.featurization,
        metric=settings.metric,
        seed=seed,
    )


def _with_target(target: str, training: Any, validation: Any, say: Say) -> tuple[Any, Any]:
    """Both tables as one, without rows that have no target; and which rows are for validation, shape (n,)."""
    import pandas as pd

    checked = 0 if validation is None else len(validation)
    table = training if validation is None else pd.concat([training, validation[training.columns]], ignore_index=True)
    held = np.arange(len(table)) >= len(table) - checked
    known = table[target].notna().to_numpy()
    if not known.all():
        say(f"{int((~known).sum())} rows without a value in {target} are left out.")
    table, held = table[known].reset_index(drop=True), held[known]
    if len(table) < _LEAST_ROWS:
        raise JobRefused(
            f"{len(table)} rows with a value in {target!r} are too few: at least {_LEAST_ROWS} are needed."
        )
    return table, held


def _check_columns(needed: Sequence[str], training: Any, validation: Any) -> None:
    lacking = [] if validation is None else [name for name in training.columns if name not in validation.columns]
    if lacking:
        raise JobRefused(
            f"Columns {', '.join(lacking)} are not in validation_data, which must look like training_data."
        )
    for what, table in (("training_data", training), ("validation_data", validation)):
        for name in needed if table is not None else ():
            if name not in table.columns:
                raise JobRefused(f"Column {name!r} is not in {what}. Columns: {', '.join(map(str, table.columns))}.")


def content_seed(settings: Settings, table: Any) -> int:
    """A seed that is the same for the same settings and table, below 2**31."""
    import pandas as pd

    rows = pd.util.hash_pandas_object(table, index=False).to_numpy()
    said = json.dumps([settings.task, settings.target, settings.metric.name, list(table.columns)])
    return int.from_bytes(hashlib.sha256(said.encode() + rows.tobytes()).digest()[:4], "big") >> 1


def _classes(labels: Any) -> tuple[Any, tuple[Any, ...]]:
    values = labels.astype(bool) if _all_booleans(labels) else labels
    distinct = sorted(values.unique().tolist(), key=lambda value: (str(type(value)), value))
    if len(distinct) < 2:
        raise JobRefused(f"{labels.name} has one class only ({distinct[0]!r}): there is nothing to tell apart.")
    if len(distinct) > max(2, len(labels) // 3):
        raise JobRefused(f"{labels.name} has {len(distinct)} classes in {len(labels)} rows: is this a regression?")
    index = {value: position for position, value in enumerate(distinct)}
    target = np.array([index[value] for value in values.tolist()])
    rarest = np.bincount(target).min()
    if rarest < 2:
        alone = distinct[int(np.bincount(target).argmin())]
        raise JobRefused(
            f"Class {alone!r} of {labels.name} has one row only: at least two are needed to check a model."
        )
    return target, tuple(distinct)


def _all_booleans(labels: Any) -> bool:
    return all(isinstance(value, bool | np.bool_) for value in labels)


def numbers_of(labels: Any) -> Any:
    """A target column as floats, shape (n,).

    Raises:
        JobRefused: a value is no number, or all are the same.
    """
    import pandas as pd

    numbers = pd.to_numeric(labels, errors="coerce")
    if numbers.isna().any():
        example = labels[numbers.isna()].iloc[0]
        raise JobRefused(f"{labels.name} must be numbers for this task, but holds {example!r}.")
    target = numbers.to_numpy(dtype=float)
    if np.ptp(target) == 0:
        raise JobRefused(f"{labels.name} has one value only ({target[0]:g}): there is nothing to predict.")
    return target


def _weights(table: Any, name: str | None) -> Any:
    if name is None:
        return None
    weights = _numeric_weights(table[name])
    if np.isnan(weights).any() or (weights < 0).any() or weights.sum() == 0:
        raise JobRefused(f"weight_column_name {name!r} must hold numbers of at least 0, not all 0 and none missing.")
    return weights


def _numeric_weights(column: Any) -> Any:
    import pandas as pd

    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)


def _split(validation: Validation, target: Any, held: Any, seed: int, *, stratify: bool) -> tuple[Any, int]:
    """Held-out row indices or None, and the number of folds.

    Source: learn.microsoft.com/azure/machine-learning/how-to-configure-cross-validation-data-splits (defaults: over
    20,000 rows a tenth is held out; else 10 folds under 1,000 rows and 3 above).
    """
    rows = len(target)
    most = int(np.bincount(target).min()) if stratify else rows // 2
    folds = max(2, min(validation.folds or (10 if rows < _FEW_ROWS else 3), most))
    if held.any():
        if held.all():
            raise JobRefused("training_data has no row with a value in the target column.")
        return np.flatnonzero(held), folds
    share = validation.share or (0.1 if rows > _HOLD_OUT_ROWS and not validation.folds else None)
    if share is None or validation.folds:
        return None, folds
    from sklearn.model_selection import train_test_split

    _, kept = train_test_split(
        np.arange(rows), test_size=share, random_state=seed, stratify=target if stratify else None
    )
    return np.sort(kept), folds
