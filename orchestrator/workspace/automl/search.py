"""Which candidate to try next: each learner's known good settings first, then FLAML's CFO searcher around the best.

The order depends only on scores, never on time taken, so that the same content proposes the same candidates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .learners import Learner, Parameters
from .metrics import Metric
from .problem import Candidate, TrialOutcome

# Stands for the loss of a failed trial, worse than any real one.
_WORST = 1e6
_ATTEMPTS = 20


@dataclass(slots=True)
class _Track:
    learner: Learner
    best: float = math.inf
    tuned: int = 0
    searcher: Any = None
    exhausted: bool = False
    pending: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


class Search:
    """Proposes candidates and learns from their outcomes; ``tell`` must follow the order of ``ask``."""

    def __init__(
        self, task: str, learners: Sequence[Learner], metric: Metric, shape: tuple[int, int], seed: int
    ) -> None:
        self._task, self._metric, self._shape, self._seed = task, metric, shape, seed
        self._tracks = {learner.name: _Track(learner) for learner in learners}
        self._starts = list(_starts(learners))
        self._asked = 0

    @property
    def landmarks(self) -> int:
        """How many of the first trials are known settings rather than search."""
        return sum(len(track.learner.starts) for track in self._tracks.values())

    def ask(self) -> Candidate | None:
        """The next candidate, or None when there is nothing new to try before another outcome is told."""
        number = self._asked + 1
        if self._starts:
            learner, parameters = self._starts.pop(0)
            self._asked = number
            return Candidate(number, learner, parameters, "known setting")
        found = self._from_search(number)
        if found is not None:
            self._asked = number
        return found

    def tell(self, outcome: TrialOutcome) -> None:
        """Take a trial's outcome; a failed one steers the search away."""
        track = self._tracks[outcome.candidate.learner.name]
        score = outcome.scores.get(self._metric.name, math.nan)
        loss = math.inf if math.isnan(score) else self._metric.loss(score)
        track.best = min(track.best, loss)
        config = track.pending.pop(outcome.candidate.number, None)
        if config is not None:
            result = {"loss": loss if math.isfinite(loss) else _WORST, "config": dict(config)}
            track.searcher.on_trial_complete(str(outcome.candidate.number), result=result)

    def _from_search(self, number: int) -> Candidate | None:
        from .spaces import parameters_of

        ranked = sorted((each for each in self._tracks.values() if not each.exhausted), key=lambda each: each.best)
        # The better a learner's best, the larger its share of the trials; none is left out for ever.
        shares = sorted(enumerate(ranked), key=lambda pair: (pair[1].tuned + 1) * (pair[0] + 1))
        for _, track in shares:
            config = self._propose(track, number)
            if config is not None:
                track.tuned += 1
                track.pending[number] = config
                return Candidate(number, track.learner, parameters_of(track.learner, config, self._task), "search")
            # A walk that waits for its own first outcome has no proposal either, but will have one.
            track.exhausted = not track.pending
        return None

    def _propose(self, track: _Track, number: int) -> Mapping[str, Any] | None:
        from .spaces import make_searcher

        if track.searcher is None:
            track.searcher = make_searcher(track.learner, self._task, self._shape, self._seed)
            if track.searcher is None:
                return None
        for _ in range(_ATTEMPTS):
            config = track.searcher.suggest(str(number))
            if config is not None:
                key = repr(sorted((name, config[name]) for name in config))
                if key not in track.seen:
                    track.seen.add(key)
                    return dict(config)
                track.searcher.on_trial_complete(str(number), error=True)
        return None


def _starts(learners: Sequence[Learner]) -> Iterator[tuple[Learner, Parameters]]:
    """The first setting of each learner, then the second of each, and so on."""
    for place in range(max((len(learner.starts) for learner in learners), default=0)):
        for learner in learners:
            if place < len(learner.starts):
                yield learner, learner.starts[place]
