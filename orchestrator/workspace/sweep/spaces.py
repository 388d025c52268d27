"""Search spaces: from a number between 0 and 1 to a value.

Source: Azure ML CLI v2 YAML reference, sweep jobs, parameter expressions. ``loguniform`` is exp(uniform(min, max)), so its bounds are
exponents; the ``q`` forms are rounded to multiples of ``q``.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from statistics import NormalDist
from typing import Any, Final

Space = Mapping[str, Any]
_EDGE: Final = 1e-9
"""The ends of the normal distribution are infinite."""


def value_at(space: Space, point: float, base: float = math.e) -> Any:
    """The value of a space at a point.

    Args:
        space: as a body has it.
        point: 0 to 1, evenly distributed where the value is to be drawn from the space.
        base: of the exponents of the logarithmic ones.
    """
    kind = str(space["type"]).lower()
    if kind == "choice":
        values = space["values"]
        return values[min(int(point * len(values)), len(values) - 1)]
    if kind == "randint":
        return min(int(point * space["upper"]), space["upper"] - 1)
    plain = kind.removeprefix("q").removeprefix("log")
    if plain == "uniform":
        drawn = space["min_value"] + point * (space["max_value"] - space["min_value"])
    else:
        drawn = NormalDist(space["mu"], space["sigma"]).inv_cdf(min(max(point, _EDGE), 1 - _EDGE))
    if "log" in kind:
        drawn = base**drawn
    return _rounded(drawn, space["q"]) if kind.startswith("q") else drawn


def _rounded(number: float, step: float) -> float | int:
    """The nearest multiple of a step, without the dust of binary fractions."""
    multiple = round(number / step)
    return multiple * step if isinstance(step, int) else round(multiple * step, 12)


def combinations(spaces: Mapping[str, Space]) -> Iterator[dict[str, Any]]:
    """All combinations of choices, the last parameter changing fastest."""
    for values in itertools.product(*(space["values"] for space in spaces.values())):
        yield dict(zip(spaces, values, strict=True))


def text_of(value: Any, point: Callable[[], float]) -> str:
    """A value as a command has it. A group of parameters is JSON; what is a space inside it is drawn as well.

    Args:
        point: gives the next number between 0 and 1, for spaces inside.
    """
    if isinstance(value, Mapping):
        return json.dumps({name: _drawn(inner, point) for name, inner in value.items()})
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _drawn(value: Any, point: Callable[[], float]) -> Any:
    return value_at(value, point()) if isinstance(value, Mapping) and "type" in value else value
