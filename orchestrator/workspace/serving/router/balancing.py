"""Who gets the next request."""

from __future__ import annotations

from collections.abc import Iterable


class SmoothWeights:
    """Picks names in proportion to weights, exactly: of any 100 requests in a row a weight of 10 percent gets ten, evenly spread.

    Source: smooth weighted round-robin as in nginx's upstream module.

    Args:
        weights: names and weights; those with a weight of zero are never picked.
    """

    def __init__(self, weights: Iterable[tuple[str, int]]) -> None:
        self._weights = [(name, weight) for name, weight in weights if weight > 0]
        self._credit = dict.fromkeys((name for name, _ in self._weights), 0)
        self._total = sum(weight for _, weight in self._weights)

    def pick(self) -> str | None:
        """The next name; None if no weight is above zero."""
        if len(self._weights) == 1:
            return self._weights[0][0]
        best, most = None, 0
        for name, weight in self._weights:
            credit = self._credit[name] + weight
            self._credit[name] = credit
            if best is None or credit > most:
                best, most = name, credit
        if best is not None:
            self._credit[best] -= self._total
        return best


class Share:
    """Says yes to a given percent of the questions, evenly spread.

    Args:
        percent: 0 to 100.
    """

    def __init__(self, percent: int) -> None:
        self._percent = percent
        self._credit = 0

    def take(self) -> bool:
        """Whether this one is taken."""
        self._credit += self._percent
        if self._credit < 100:
            return False
        self._credit -= 100
        return True
