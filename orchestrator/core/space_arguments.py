"""Search spaces as the wire spells them: the arguments behind each name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ON_THE_WIRE: Final[Mapping[str, tuple[str, ...]]] = {
    "uniform": ("min_value", "max_value"),
    "loguniform": ("min_value", "max_value"),
    "quniform": ("min_value", "max_value", "q"),
    "qloguniform": ("min_value", "max_value", "q"),
    "normal": ("mu", "sigma"),
    "lognormal": ("mu", "sigma"),
    "qnormal": ("mu", "sigma", "q"),
    "qlognormal": ("mu", "sigma", "q"),
    "randint": ("upper",),
    "choice": ("values",),
}
"""What the wire has as a list behind the name of a search space. Source: azure-ai-ml 1.35, ``SweepDistribution``."""
