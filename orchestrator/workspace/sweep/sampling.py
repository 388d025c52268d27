"""Which parameters the next trial gets.

All but the Bayesian sampler depend on the number of the trial only, so a sweep that is begun again goes on with the same sequence.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from orchestrator.workspace.sweep.settings import SweepSettings
from orchestrator.workspace.sweep.spaces import combinations, value_at


@dataclass(frozen=True, slots=True)
class FinishedTrial:
    """What a trial gave.

    Attributes:
        number: of the trial, from 0.
        point: its place in the unit cube: parameter to number between 0 and 1.
        value: the best value of the primary metric; None if it has none.
    """

    number: int
    point: Mapping[str, float]
    value: float | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Parameters of a trial.

    Attributes:
        point: see `FinishedTrial`; empty where the sampler has no use for it.
        values: parameter to value.
    """

    point: Mapping[str, float]
    values: Mapping[str, Any]


Sampler = Callable[[int, Sequence[FinishedTrial]], Suggestion | None]
"""The parameters of a trial by its number and what is known of others; None when everything has been tried."""


class _Points(Protocol):
    def __call__(self, number: int, finished: Sequence[FinishedTrial]) -> Mapping[str, float]: ...


def sampler_of(settings: SweepSettings) -> Sampler:
    """The sampler of a sweep."""
    if settings.algorithm == "grid":
        return lambda number, finished: _of_grid(settings, number)
    points = _points(settings)
    base = _base(settings.sampling.get("logbase"))

    def sampler(number: int, finished: Sequence[FinishedTrial]) -> Suggestion:
        point = points(number, finished)
        return Suggestion(point, {name: value_at(space, point[name], base) for name, space in settings.spaces.items()})

    return sampler


def _points(settings: SweepSettings) -> _Points:
    seed, names = settings.sampling.get("seed") or 0, list(settings.spaces)
    if settings.algorithm == "bayesian":
        return _Bayesian(settings)
    if str(settings.sampling.get("rule")).lower() == "sobol":
        return _Sobol(names, seed, settings.trials)
    return lambda number, finished: {name: _random(f"{seed}:{number}:{name}") for name in names}


def _random(seed: str) -> float:
    return random.Random(seed).random()  # noqa: S311 (a draw, not a secret)


def _of_grid(settings: SweepSettings, number: int) -> Suggestion | None:
    found = next(islice(combinations(settings.spaces), number, None), None)
    return None if found is None else Suggestion({}, found)


def _base(said: Any) -> float:
    """The base of logarithms: a number, or ``e``."""
    return math.e if said is None or str(said).lower() == "e" else float(said)


class _Sobol:
    """A sequence that fills the space evenly. Source: scipy.stats.qmc."""

    def __init__(self, names: Sequence[str], seed: int, trials: int) -> None:
        from scipy.stats import qmc

        self._names = names
        # The sequence is balanced for powers of two; so many are drawn, and as many used as are wanted.
        exponent = max(1, math.ceil(math.log2(max(trials, 2))))
        self._points = qmc.Sobol(len(names), scramble=True, rng=seed).random_base2(exponent)

    def __call__(self, number: int, finished: Sequence[FinishedTrial]) -> Mapping[str, float]:
        return dict(zip(self._names, map(float, self._points[number]), strict=True))


class _Bayesian:
    """Trials near good ones: Optuna's tree-structured Parzen estimator, with others that still run taken into account."""

    def __init__(self, settings: SweepSettings) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna = optuna
        self._spaces = settings.spaces
        self._distributions = {name: self._distribution(space) for name, space in settings.spaces.items()}
        self._study = optuna.create_study(
            direction="maximize" if settings.maximize else "minimize",
            sampler=optuna.samplers.TPESampler(seed=0, constant_liar=True),
        )
        self._known: set[int] = set()
        self._asked: dict[int, Any] = {}

    def _distribution(self, space: Mapping[str, Any]) -> Any:
        if str(space["type"]).lower() == "choice":
            return self._optuna.distributions.CategoricalDistribution(range(len(space["values"])))
        return self._optuna.distributions.FloatDistribution(0.0, 1.0)

    def __call__(self, number: int, finished: Sequence[FinishedTrial]) -> Mapping[str, float]:
        for trial in finished:
            if trial.number not in self._known:
                self._known.add(trial.number)
                self._tell(trial)
        self._asked[number] = asked = self._study.ask(self._distributions)
        return {name: self._point(name, value) for name, value in asked.params.items()}

    def _point(self, name: str, value: Any) -> float:
        """The middle of a choice's share of the line, or the point itself."""
        values = self._spaces[name].get("values")
        return (value + 0.5) / len(values) if values else float(value)

    def _tell(self, trial: FinishedTrial) -> None:
        states = self._optuna.trial.TrialState
        asked = self._asked.pop(trial.number, None)
        if asked is not None:
            state = states.FAIL if trial.value is None else states.COMPLETE
            self._study.tell(asked, trial.value, state=state)
        elif trial.value is not None and trial.point.keys() == self._distributions.keys():
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    params={name: self._drawn(name, point) for name, point in trial.point.items()},
                    distributions=self._distributions,
                    value=trial.value,
                )
            )

    def _drawn(self, name: str, point: float) -> Any:
        values = self._spaces[name].get("values")
        return min(int(point * len(values)), len(values) - 1) if values else point
