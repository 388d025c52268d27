"""From columns to numbers: impute with a missing flag, encode categories, scale where a learner needs it."""

from __future__ import annotations

from typing import Any

from .columns import BOOLEAN, CATEGORY, DATE, NUMBER, Roles
from .featurization import Featurization
from .portable import calendar, forward_filled

_MOST_CATEGORIES = 50


def preprocessor(roles: Roles, settings: Featurization, *, scaled: bool, nonnegative: bool = False) -> Any:
    """An unfitted scikit-learn transformer from a frame of the features to a float array.

    Args:
        roles: the features.
        settings: the body's wishes on imputation.
        scaled: standardise numbers, for learners that compare distances or sizes.
        nonnegative: bring everything into 0…1, for learners that count.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    parts = []
    special = dict(settings.imputations)
    numbers = [name for name in roles.named(NUMBER, BOOLEAN) if name not in special]
    if numbers:
        parts.append(("numbers", _numbers("median", None, scaled=scaled), numbers))
    for name, imputation in special.items():
        part = _numbers(imputation.strategy, imputation.fill_value, scaled=scaled)
        parts.append((f"number_{name}", part, [name]))
    if roles.named(CATEGORY):
        parts.append(("categories", _categories(settings.encoder), roles.named(CATEGORY)))
    if roles.named(DATE):
        parts.append(("dates", _dates(scaled=scaled), roles.named(DATE)))
    columns = ColumnTransformer(parts, sparse_threshold=0.0, verbose_feature_names_out=False)
    return make_pipeline(columns, MinMaxScaler(clip=True)) if nonnegative else columns


def _numbers(strategy: str, fill: float | None, *, scaled: bool) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    forward = strategy == "ffill"
    # Gaps before the first value have nothing to be filled with, so the median fills those.
    rest = "median" if forward else strategy
    imputer = SimpleImputer(strategy=rest, fill_value=fill, add_indicator=True, keep_empty_features=True)
    steps = [FunctionTransformer(forward_filled)] if forward else []
    steps += [imputer, StandardScaler()] if scaled else [imputer]
    return make_pipeline(*steps) if len(steps) > 1 else imputer


def _encoder(name: str) -> Any:
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    if name == "LabelEncoder":
        return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return OneHotEncoder(handle_unknown="ignore", max_categories=_MOST_CATEGORIES, sparse_output=False)


def _categories(encoder: str) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from .portable import as_text

    return make_pipeline(
        FunctionTransformer(as_text, feature_names_out="one-to-one"),
        SimpleImputer(strategy="constant", fill_value="", keep_empty_features=True),
        _encoder(encoder),
    )


def _dates(*, scaled: bool) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    steps = [
        FunctionTransformer(calendar),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
    ]
    return make_pipeline(*steps, StandardScaler()) if scaled else make_pipeline(*steps)
