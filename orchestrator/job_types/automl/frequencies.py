"""How often a time series has a value: the offset aliases of pandas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.kind import BodyProblem
from orchestrator.core.tree import value_at

_ALIASES: Final = (
    "B", "C", "D", "W", "M", "ME", "MS", "SM", "SME", "SMS", "BM", "BME", "BMS", "CBM", "CBME", "CBMS", "Q", "QE", "QS", "BQ", "BQE",
    "BQS", "A", "Y", "YE", "YS", "AS", "BA", "BY", "BYE", "BAS", "BYS", "H", "BH", "CBH", "MIN", "T", "S", "MS", "L", "US", "U", "NS", "N",
)  # fmt: skip
"""Source: pandas, offset aliases, those of versions before 2.2 included; the service pins an older one."""

_FREQUENCY: Final = re.compile(
    rf"\s*(?:-?[\d.]*\s*(?:{'|'.join(sorted(_ALIASES, key=len, reverse=True))})(?:-[A-Z]{{3}})?\s*)+", re.IGNORECASE
)
_SELDOM: Final = re.compile(r"-?\d*(?:L?WOM-.+|REQ?S?-.+|B?RE-.+)")


def unknown_frequency(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """A frequency that pandas does not know, whatever else is wrong with the settings."""
    written = value_at(body, ("forecasting", "frequency"))
    if isinstance(written, str) and not _FREQUENCY.fullmatch(written) and not _SELDOM.fullmatch(written):
        yield BodyProblem(
            ("forecasting", "frequency"),
            "invalid-value",
            f"'{written}' is not a frequency of a time series.",
            "Write an offset alias of pandas, such as H, D, W, W-MON, MS, QS or 15min.",
        )
