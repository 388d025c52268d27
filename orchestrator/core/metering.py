"""What an endpoint has answered: counts since its router started, and what they say of a span of time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Numbers of one deployment since the router started.

    Attributes:
        requests: answered, with whatever status.
        errors: answered with a status of 500 or more, or not at all.
        mirrored: copies of requests that were sent to it.
        latency_ms: upper bound of each bucket, milliseconds, infinite for the last one, and the requests in it. In order.
        waiting: requests that wait for a free instance now.
    """

    requests: int = 0
    errors: int = 0
    mirrored: int = 0
    latency_ms: tuple[tuple[float, int], ...] = ()
    waiting: int = 0

    @classmethod
    def of(cls, numbers: Mapping[str, Any]) -> Count:
        """The numbers as a router tells them."""
        buckets = (
            (math.inf if bound == "more" else float(bound), int(n)) for bound, n in numbers["latency_ms"].items()
        )
        return cls(
            requests=int(numbers["requests"]),
            errors=int(numbers["errors"]),
            mirrored=int(numbers.get("mirrored") or 0),
            latency_ms=tuple(sorted(buckets)),
            waiting=int(numbers.get("waiting") or 0),
        )

    def since(self, before: Count | None) -> Count:
        """What was counted after an earlier reading; everything if the router has started anew since."""
        if before is None or before.requests > self.requests:
            return self
        old = dict(before.latency_ms)
        return Count(
            requests=self.requests - before.requests,
            errors=self.errors - before.errors,
            mirrored=self.mirrored - before.mirrored,
            latency_ms=tuple((bound, max(0, number - old.get(bound, 0))) for bound, number in self.latency_ms),
            waiting=self.waiting,
        )

    def quantile_ms(self, share: float) -> float | None:
        """The bound under which that share of the requests was answered; None without requests. As exact as the buckets are."""
        total = sum(number for _, number in self.latency_ms)
        seen, last = 0, 0.0
        for bound, number in self.latency_ms:
            seen += number
            last = bound if math.isfinite(bound) else last
            if total and seen >= share * total:
                return last
        return None


@dataclass(frozen=True, slots=True)
class Reading:
    """The numbers of all deployments of an endpoint at a moment.

    Attributes:
        at: seconds since the epoch.
    """

    at: float
    counts: Mapping[str, Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What happened between two readings, for one deployment.

    Attributes:
        at: of the later one, seconds since the epoch.
        per_s: requests a second.
        errors_per_s: failures among them.
        median_ms, p95_ms: None without requests.
    """

    at: float
    per_s: float
    errors_per_s: float
    median_ms: float | None
    p95_ms: float | None


def rates(readings: Sequence[Reading]) -> dict[str, list[Rate]]:
    """Deployment to what happened between each two readings, oldest first."""
    found: dict[str, list[Rate]] = {}
    for before, after in pairwise(readings):
        seconds = after.at - before.at
        if seconds <= 0:
            continue
        for name, count in after.counts.items():
            new = count.since(before.counts.get(name))
            found.setdefault(name, []).append(
                Rate(
                    at=after.at,
                    per_s=new.requests / seconds,
                    errors_per_s=new.errors / seconds,
                    median_ms=new.quantile_ms(0.5),
                    p95_ms=new.quantile_ms(0.95),
                )
            )
    return found
