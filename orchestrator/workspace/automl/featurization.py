"""How a body wants its columns treated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .names import canonical
from .refusal import JobRefused

MODES = ("auto", "off", "custom")
COLUMN_TYPES = ("Numeric", "Categorical", "DateTime", "Ignore")
STRATEGIES = ("mean", "median", "most_frequent", "constant", "ffill")
ENCODERS = ("OneHotEncoder", "LabelEncoder")
"""Transformers of categories that are done here, the first choice first."""

TRANSFORMERS = (
    *ENCODERS,
    "CatTargetEncoder",
    "TextTargetEncoder",
    "TfIdf",
    "WoETargetEncoder",
    "WordEmbedding",
    "NaiveBayes",
    "CountVectorizer",
    "HashOneHotEncoder",
)
"""What can be blocked. Source: Azure REST specification, BlockedTransformers."""

_KEYS = (
    "mode",
    "dataset_language",
    "column_name_and_types",
    "drop_columns",
    "blocked_transformers",
    "transformer_params",
    "enable_dnn_featurization",
)


@dataclass(frozen=True, slots=True)
class Imputation:
    """What fills the gaps of a number column."""

    strategy: str
    fill_value: float | None = None


@dataclass(frozen=True, slots=True)
class Featurization:
    """Mode and, for ``custom``, what is asked for each column.

    Attributes:
        mode: ``auto``, ``off`` (only gaps are filled; text columns are refused) or ``custom``.
        drop: columns to leave out.
        types: column to ``Numeric``, ``Categorical``, ``DateTime`` or ``Ignore``.
        imputations: column to how its gaps are filled.
        encoder: of categories, one of `ENCODERS`.
    """

    mode: str = "auto"
    drop: tuple[str, ...] = ()
    types: tuple[tuple[str, str], ...] = ()
    imputations: tuple[tuple[str, Imputation], ...] = ()
    encoder: str = ENCODERS[0]


def read_featurization(section: Any) -> Featurization:
    """The body's ``featurization``.

    Raises:
        JobRefused: a key, type or transformer that is not done here.
    """
    if section is None:
        return Featurization()
    if isinstance(section, str):
        section = {"mode": section}
    if not isinstance(section, Mapping):
        raise JobRefused(f"featurization must be a mapping, not {type(section).__name__}.")
    for key in section:
        canonical(str(key), _KEYS, what="featurization key")
    mode = canonical(str(section.get("mode") or "auto"), MODES, what="featurization mode")
    if section.get("enable_dnn_featurization"):
        raise JobRefused("featurization.enable_dnn_featurization needs deep learning and is not done on this machine.")
    if mode != "custom":
        return Featurization(mode)
    return Featurization(
        mode,
        drop=tuple(str(name) for name in section.get("drop_columns") or ()),
        types=_types(section.get("column_name_and_types") or {}),
        imputations=tuple(_imputations(section.get("transformer_params") or {})),
        encoder=_encoder(section.get("blocked_transformers") or ()),
    )


def _encoder(blocked: Iterable[Any]) -> str:
    """The first encoder that is not blocked; the other transformers that can be blocked are never used here."""
    names = {
        canonical(str(name), TRANSFORMERS, what="transformer in featurization.blocked_transformers") for name in blocked
    }
    left = [name for name in ENCODERS if name not in names]
    if not left:
        raise JobRefused(f"featurization.blocked_transformers blocks {', '.join(ENCODERS)}: leave one for categories.")
    return left[0]


def _types(section: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(name), canonical(str(kind), COLUMN_TYPES, what=f"type of column {name!r}"))
        for name, kind in section.items()
    )


def _imputations(section: Mapping[str, Any]) -> list[tuple[str, Imputation]]:
    found: list[tuple[str, Imputation]] = []
    for transformer, entries in section.items():
        canonical(str(transformer), ("imputer",), what="transformer in featurization.transformer_params")
        for entry in entries or ():
            parameters = entry.get("parameters") or {}
            strategy = canonical(str(parameters.get("strategy", "median")), STRATEGIES, what="imputer strategy")
            fill = parameters.get("fill_value")
            imputation = Imputation(strategy, float(fill) if fill is not None else None)
            found.extend((str(name), imputation) for name in entry.get("fields") or ())
    return found
