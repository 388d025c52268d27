"""How far two samples of a feature are apart.

Source: Azure ML documentation, model monitoring, metrics of signals; azureml-assets, ``model_monitoring``: the tests give
p-values, of which small ones mean drift; the Wasserstein distance is divided by the standard deviation of the reference data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from orchestrator.workspace.monitoring.order import CATEGORICAL, NUMERICAL

if TYPE_CHECKING:
    import pandas

_BINS: Final = 10
_LEAST_SPREAD: Final = 0.001


def jensen_shannon(reference: Any, production: Any) -> float:
    """The distance of two distributions, 0 to 1. Takes counts for the same bins."""
    from scipy.spatial.distance import jensenshannon

    found = float(jensenshannon(reference, production, base=2))
    return found if found == found else 0.0  # rounding makes it not a number where both are the same


def stability(reference: Any, production: Any) -> float:
    """The population stability index. Takes counts for the same bins; each counts one more, so that it is finite."""
    import numpy

    before, after = (counts + 1.0 for counts in (numpy.asarray(reference), numpy.asarray(production)))
    before, after = before / before.sum(), after / after.sum()
    return float(((after - before) * numpy.log(after / before)).sum())


def chi_squared(reference: Any, production: Any) -> float:
    """The p-value of Pearson's test. Takes counts for the same bins; a value that the reference data do not have makes it 0."""
    import numpy
    from scipy.stats import chisquare

    before, after = numpy.asarray(reference, float), numpy.asarray(production, float)
    if (after[before == 0] > 0).any():
        return 0.0
    before, after = before[before > 0], after[before > 0]
    return float(chisquare(after, before / before.sum() * after.sum()).pvalue) if len(before) > 1 else 1.0


def wasserstein(reference: Any, production: Any) -> float:
    """The distance of two samples, in standard deviations of the reference data."""
    from scipy.stats import wasserstein_distance

    spread = float(reference.std(ddof=1)) if len(reference) > 1 else 0.0
    return float(wasserstein_distance(reference, production)) / max(spread, _LEAST_SPREAD)


def kolmogorov_smirnov(reference: Any, production: Any) -> float:
    """The p-value of the test of two samples."""
    from scipy.stats import ks_2samp

    return float(ks_2samp(reference, production).pvalue)


_OF_SAMPLES: Final[Mapping[str, Callable[[Any, Any], float]]] = {
    "normalized_wasserstein_distance": wasserstein,
    "two_sample_kolmogorov_smirnov_test": kolmogorov_smirnov,
}
_OF_COUNTS: Final[Mapping[str, Callable[[Any, Any], float]]] = {
    "jensen_shannon_distance": jensen_shannon,
    "population_stability_index": stability,
    "pearsons_chi_squared_test": chi_squared,
}
P_VALUES: Final = ("two_sample_kolmogorov_smirnov_test", "pearsons_chi_squared_test")
"""Metrics of which small values mean drift."""


def drift(metric: str, kind: str, reference: pandas.Series, production: pandas.Series) -> float | None:
    """A metric of a feature.

    Args:
        kind: of the feature.

    Returns:
        None if one side has no values.
    """
    import pandas

    if kind == NUMERICAL:
        reference, production = (pandas.to_numeric(side, errors="coerce") for side in (reference, production))
    reference, production = reference.dropna(), production.dropna()
    if not len(reference) or not len(production):
        return None
    if kind == NUMERICAL:
        reference, production = reference.astype(float), production.astype(float)
    if metric in _OF_SAMPLES:
        return _OF_SAMPLES[metric](reference.to_numpy(), production.to_numpy())
    return _OF_COUNTS[metric](*(_values if kind == CATEGORICAL else _bins)(reference, production))


def _bins(reference: pandas.Series, production: pandas.Series) -> tuple[Any, Any]:
    """Counts for bins of which each has as much of the reference data: a single value far away does not empty the others."""
    import numpy

    edges = numpy.unique(numpy.quantile(reference, numpy.linspace(0, 1, _BINS + 1)))
    inner = edges[1:-1] if len(edges) > 2 else edges
    return tuple(  # type: ignore[return-value]
        numpy.bincount(numpy.searchsorted(inner, side, side="right"), minlength=len(inner) + 1)
        for side in (reference, production)
    )


def _values(reference: pandas.Series, production: pandas.Series) -> tuple[Any, Any]:
    before, after = (side.map(text_of).value_counts() for side in (reference, production))
    both = before.index.union(after.index)
    return before.reindex(both, fill_value=0).to_numpy(), after.reindex(both, fill_value=0).to_numpy()


def text_of(value: Any) -> str:
    """A category as a text: a whole number has no point, whichever type its column has."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
