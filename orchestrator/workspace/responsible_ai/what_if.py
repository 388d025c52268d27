"""Searches for the smallest changes of a row that give it another prediction.

Source: DiCE (Mothilal, Sharma, Tan 2020), model-agnostic methods: random sampling, KD-tree over the training data, genetic search; then
sparsity by undoing changes. Distances are in median absolute deviations, and 1 for another category.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy
    import pandas

_TRIES: Final = 300
_GENERATIONS: Final = 3
_KEPT: Final = 40
"""Candidates that a generation leaves to the next."""

DesiredOutcome = Callable[["pandas.DataFrame"], "numpy.ndarray"]
"""For each row whether the model says of it what is wanted."""


@dataclass(frozen=True)
class Space:
    """What a row may become.

    Attributes:
        known: the rows whose values and neighbours are used.
        features: those that may change.
        categorical: those of all columns that are categories.
        permitted: feature to its least and greatest value, or to its categories.
    """

    known: pandas.DataFrame
    features: tuple[str, ...]
    categorical: frozenset[str]
    permitted: Mapping[str, Sequence[Any]]

    @cached_property
    def spreads(self) -> dict[str, float]:
        """How far the values of each feature with numbers are apart."""
        found = {}
        for name in self.features:
            if name not in self.categorical:
                column = self.known[name].astype(float)
                found[name] = float((column - column.median()).abs().median()) or float(column.std()) or 1.0
        return found

    def values(self, name: str) -> numpy.ndarray:
        """Values of the training data that a feature may take."""
        column, bounds = self.known[name], self.permitted.get(name)
        if bounds is not None and name in self.categorical:
            column = column[column.map(str).isin([str(value) for value in bounds])]
        elif bounds is not None:
            column = column[(column >= min(bounds)) & (column <= max(bounds))]
        found: numpy.ndarray = column.dropna().to_numpy()
        return found

    def distances(self, row: pandas.DataFrame, others: pandas.DataFrame) -> numpy.ndarray:
        """How far others are from a row, over the features that may change."""
        import numpy

        total = numpy.zeros(len(others))
        for name in self.features:
            if name in self.categorical:
                total += (others[name].map(str) != str(row[name].iloc[0])).to_numpy().astype(float)
            else:
                apart = (others[name].astype(float) - float(row[name].iloc[0])).abs().to_numpy()
                total += apart / self.spreads[name]
        return total


def search(
    method: str, row: pandas.DataFrame, space: Space, desired: DesiredOutcome, most: int, seed: int
) -> pandas.DataFrame:
    """The nearest rows that give what is wanted, at most so many; none if nothing is found.

    Args:
        method: ``random``, ``kdtree`` or ``genetic``.
        row: a table with one row.
        seed: of the random numbers.
    """
    import numpy
    import pandas

    random = numpy.random.default_rng(seed)
    candidates = _neighbours(row, space) if method == "kdtree" else _changed(row, space, random, _TRIES)
    found = candidates[desired(candidates)] if len(candidates) else candidates
    if method == "genetic":
        for _ in range(_GENERATIONS if len(found) else 0):
            kept = found.iloc[numpy.argsort(space.distances(row, found), kind="stable")[:_KEPT]]
            mixed = _mixed(row, kept, space, random)
            found = pandas.concat([kept, mixed[desired(mixed)]], ignore_index=True)
    if not len(found):
        return found
    order = numpy.argsort(space.distances(row, found), kind="stable")[: 3 * most]
    simple = _simplified(row, found.iloc[order], space, desired)
    simple = simple.loc[~simple.astype(str).duplicated()]
    order = numpy.argsort(space.distances(row, simple), kind="stable")[:most]
    return simple.iloc[order].reset_index(drop=True)


def _repeated(row: pandas.DataFrame, times: int) -> pandas.DataFrame:
    return row.iloc[[0] * times].reset_index(drop=True)


def _changed(row: pandas.DataFrame, space: Space, random: Any, times: int) -> pandas.DataFrame:
    """Copies of a row with some features drawn from the training data."""
    made = _repeated(row, times)
    share = random.random(times)
    for name in space.features:
        values = space.values(name)
        if len(values):
            chosen = random.random(times) < share
            made[name] = made[name].where(~chosen, random.choice(values, times))
    return made


def _neighbours(row: pandas.DataFrame, space: Space) -> pandas.DataFrame:
    """The nearest rows of the training data, as far as the features may change."""
    import numpy

    near = space.known.iloc[numpy.argsort(space.distances(row, space.known), kind="stable")[:_TRIES]]
    made = _repeated(row, len(near))
    for name in space.features:
        permitted = set(map(str, space.values(name)))
        values = near[name].reset_index(drop=True)
        made[name] = values.where(values.map(str).isin(permitted), made[name])
    return made


def _mixed(row: pandas.DataFrame, kept: pandas.DataFrame, space: Space, random: Any) -> pandas.DataFrame:
    """Children of what is kept: each feature of one of two parents, or as it was."""
    times = 2 * _KEPT
    first = kept.iloc[random.integers(0, len(kept), times)].reset_index(drop=True)
    second = kept.iloc[random.integers(0, len(kept), times)].reset_index(drop=True)
    old = _repeated(row, times)
    for name in space.features:
        draw = random.random(times)
        first[name] = first[name].where(draw < 0.45, second[name]).where(draw < 0.8, old[name])
    return first


def _simplified(
    row: pandas.DataFrame, found: pandas.DataFrame, space: Space, desired: DesiredOutcome
) -> pandas.DataFrame:
    """The same rows with every change undone that is not needed, the smallest part of the distance last."""
    made = found.reset_index(drop=True).copy()
    for name in space.features:
        undone = made.copy()
        undone[name] = _repeated(row, len(made))[name]
        still = desired(undone)
        made[name] = undone[name].where(still, made[name])
    return made
