"""How fast the servers of a deployment answer, and so whether one more request can be answered in time."""

from __future__ import annotations

_WEIGHT = 0.2
"""Of the newest answer in the running mean: some ten answers after a change the mean has followed it."""


class Pace:
    """Seconds of one server's time that one request takes, as a running mean.

    A server may hold many requests and work on one of them at a time: what counts is the time between answers, not how long an
    answer took. Under overload that tells requests that can still be answered in time from those that would only take a place.
    """

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds = 0.0

    def answered(self, began: float, before: float, now: float) -> None:
        """Take up an answer.

        Args:
            began: when its request was sent, seconds.
            before: when the same server gave its last answer, seconds; 0 if it gave none.
            now: seconds.
        """
        took = now - max(began, before)
        self.seconds = took if not self.seconds else self.seconds + _WEIGHT * (took - self.seconds)

    def wait(self, ahead: int, servers: int) -> float:
        """Seconds until a request is answered that comes now, behind `ahead` others."""
        return (ahead / max(1, servers) + 1) * self.seconds
