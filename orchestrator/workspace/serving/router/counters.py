"""What the router counts for each deployment."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

BUCKETS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Upper bounds of the latency histogram, milliseconds; a last bucket without bound follows."""


@dataclass(slots=True)
class Counters:
    """Numbers since the router started.

    Attributes:
        requests: answered, with whatever status.
        errors: answered with a status of 500 or more, or not at all.
        mirrored: copies sent to it.
        dropped: copies not sent because too many were on their way.
        latency: requests by `BUCKETS_MS`.
    """

    requests: int = 0
    errors: int = 0
    mirrored: int = 0
    dropped: int = 0
    latency: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_MS) + 1))

    def count(self, status: int, seconds: float) -> None:
        """Count an answer."""
        self.requests += 1
        if status >= 500:
            self.errors += 1
        self.latency[bisect_left(BUCKETS_MS, seconds * 1000)] += 1

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the control socket."""
        return {
            "requests": self.requests,
            "errors": self.errors,
            "mirrored": self.mirrored,
            "dropped": self.dropped,
            "latency_ms": dict(zip([*map(str, BUCKETS_MS), "more"], self.latency, strict=True)),
        }
