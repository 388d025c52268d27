"""How often and how long to try a call that may succeed if it is repeated: one policy for reads and for effects."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from orchestrator.core.errors import BackendError, Throttled


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounds of the tries of one call.

    Attributes:
        attempts: calls in all, the first included.
        base_s: the longest pause before the second call, seconds; doubles with each further one.
        cap_s: the longest pause ever, unless the service itself asks for more.
        total_s: no further call once this many seconds have passed since the first failure.
    """

    attempts: int = 6
    base_s: float = 0.5
    cap_s: float = 30.0
    total_s: float = 600.0

    def pause_s(self, error: BackendError, attempt: int, random: Random) -> float:
        """Seconds to wait after a failed try: what the service asks for, else a random time below a bound that doubles.

        Args:
            attempt: which try failed, from 1.
            random: for jitter, so that ten calls that failed together do not come back together.
        """
        if isinstance(error, Throttled) and error.retry_after is not None:
            return error.retry_after
        # Full jitter. Source: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter.
        return random.uniform(0, min(self.cap_s, self.base_s * 2 ** (attempt - 1)))

    def ends(self, attempt: int, waited_s: float) -> bool:
        """Whether there is no further try.

        Args:
            attempt: which try failed, from 1.
            waited_s: from the first failure to the end of the next pause, seconds.
        """
        return attempt >= self.attempts or waited_s > self.total_s
