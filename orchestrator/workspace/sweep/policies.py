"""Which trials are ended early.

Source: Azure ML documentation, hyperparameter tuning, early termination policies. Each value that a trial logs of the primary metric is
one interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from statistics import fmean, median
from typing import Any

from orchestrator.workspace.sweep.settings import SweepSettings

Histories = Mapping[int, Sequence[float]]
"""Number of the trial to the values that it has logged, in order."""

_Judge = Callable[[SweepSettings, int, Histories, int], str]


def reason_to_end(settings: SweepSettings, number: int, histories: Histories) -> str:
    """Why a trial is to be ended at its last interval that the policy looks at; empty if it goes on.

    Args:
        settings: of the sweep.
        number: of the trial.
        histories: of all trials that have logged something, this one included.
    """
    judge = _JUDGES.get(str(settings.policy.get("type")).lower())
    interval = _interval(settings.policy, len(histories.get(number) or ()))
    return judge(settings, number, histories, interval) if judge is not None and interval else ""


def _interval(policy: Mapping[str, Any], logged: int) -> int:
    """The last interval that the policy looks at; 0 if there is none yet.

    They are the multiples of ``evaluation_interval`` from ``delay_evaluation`` on.
    """
    every = max(1, int(policy.get("evaluation_interval") or 1))
    last = logged // every * every
    return last if last >= int(policy.get("delay_evaluation") or 0) else 0


def _best(settings: SweepSettings, values: Sequence[float], interval: int) -> float:
    return (max if settings.maximize else min)(islice(values, interval))


def _bandit(settings: SweepSettings, number: int, histories: Histories, interval: int) -> str:
    """Ends what is not within the slack of the best trial at this interval."""
    mine = _best(settings, histories[number], interval)
    bests = [_best(settings, values, interval) for values in histories.values()]
    best = (max if settings.maximize else min)(bests)
    bound = _slack(settings, best)
    if not settings.better(bound, mine):
        return ""
    return f"{mine:g} is not within the slack of the best trial ({best:g}, bound {bound:g}) at interval {interval}"


def _slack(settings: SweepSettings, best: float) -> float:
    """The worst value that is still near enough to the best one."""
    amount = float(settings.policy.get("slack_amount") or 0)
    if amount:
        return best - amount if settings.maximize else best + amount
    ratio = 1 + float(settings.policy.get("slack_factor") or 0)
    # Towards the worse side, whatever the sign of the metric.
    return best / ratio if (best > 0) == settings.maximize else best * ratio


def _median(settings: SweepSettings, number: int, histories: Histories, interval: int) -> str:
    """Ends what is worse than the median of the running averages of all trials that got as far."""
    mine = _best(settings, histories[number], interval)
    averages = [fmean(islice(values, interval)) for values in histories.values() if len(values) >= interval]
    middle = median(averages)
    if not settings.better(middle, mine):
        return ""
    return f"{mine:g} is worse than the median of the running averages ({middle:g}) at interval {interval}"


def _truncation(settings: SweepSettings, number: int, histories: Histories, interval: int) -> str:
    """Ends the given share of the worst among the trials that got as far."""
    bests = {other: _best(settings, values, interval) for other, values in histories.items() if len(values) >= interval}
    worst_first = sorted(bests, key=lambda other: (bests[other] if settings.maximize else -bests[other], -other))
    share = int(settings.policy.get("truncation_percentage") or 0)
    ended = worst_first[: len(worst_first) * share // 100]
    if number not in ended:
        return ""
    return f"{bests[number]:g} is among the worst {share} % of {len(bests)} trials at interval {interval}"


_JUDGES: Mapping[str, _Judge] = {
    "bandit": _bandit,
    "median_stopping": _median,
    "truncation_selection": _truncation,
}
