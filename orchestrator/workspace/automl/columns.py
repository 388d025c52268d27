"""What each column is to the learners: a number, a category, a date, or left out with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .featurization import Featurization
from .refusal import JobRefused

NUMBER, BOOLEAN, CATEGORY, DATE = "number", "boolean", "category", "date"
_DISTINCT_SHARE = 0.5
_ISO_DATE = r"\d{4}-\d{1,2}-\d{1,2}([ T]|$)"
_DISTINCT_MOST = 1000
_ASKED = {"Numeric": NUMBER, "Categorical": CATEGORY, "DateTime": DATE}


@dataclass(frozen=True, slots=True)
class Column:
    """A feature: its name, role and the table's own dtype."""

    name: str
    role: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Roles:
    """The features in the table's order, and what was left out, name to reason."""

    features: tuple[Column, ...]
    dropped: tuple[tuple[str, str], ...]

    def named(self, *roles: str) -> list[str]:
        """Names of the features that have one of these roles."""
        return [column.name for column in self.features if column.role in roles]


def assign_roles(table: Any, settings: Featurization) -> Roles:
    """Decide what each column of the feature table is.

    Args:
        table: a pandas frame without the target.
        settings: what the body asks for.

    Raises:
        JobRefused: a named column is not there, or nothing is left to learn from.
    """
    asked = dict(settings.types)
    for name in (*settings.drop, *asked, *(name for name, _ in settings.imputations)):
        if name not in table.columns:
            raise JobRefused(
                f"featurization names column {name!r}, which is not there. Columns: {', '.join(table.columns)}."
            )
    features, dropped = [], []
    for name in table.columns:
        kind = asked.get(name)
        if name in settings.drop or kind == "Ignore":
            dropped.append((name, "left out by featurization"))
            continue
        role, reason = (_ASKED[kind], "") if kind else _role(table[name], settings.mode)
        if reason:
            dropped.append((name, reason))
        else:
            features.append(Column(name, role, str(table[name].dtype)))
    if not features:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in dropped)
        raise JobRefused(f"No column is left to learn from ({reasons or 'the table has only the target'}).")
    return Roles(tuple(features), tuple(dropped))


def _role(series: Any, mode: str) -> tuple[str, str]:
    from pandas.api import types

    present = series.dropna()
    if present.empty:
        return "", "all values are missing"
    if types.is_bool_dtype(series) or all(isinstance(value, bool) for value in present.head(1000)):
        role = BOOLEAN
    elif types.is_numeric_dtype(series):
        role = NUMBER
    elif types.is_datetime64_any_dtype(series):
        role = DATE
    else:
        return _text_role(present, mode)
    if present.nunique() == 1 and len(present) == len(series) and mode != "off":
        return "", "it has one value only"
    return role, ""


def _text_role(present: Any, mode: str) -> tuple[str, str]:
    if mode == "off":
        raise JobRefused(f"featurization is off, but column {present.name!r} is text: drop it or use mode auto.")
    texts = present.astype(str)
    if texts.str.match(_ISO_DATE).all():
        return DATE, ""
    distinct = texts.nunique()
    if distinct == 1:
        return "", "it has one value only"
    if distinct > _DISTINCT_MOST or (distinct > 20 and distinct > _DISTINCT_SHARE * len(present)):
        return "", f"{distinct} different texts in {len(present)} rows are names rather than categories"
    return CATEGORY, ""
