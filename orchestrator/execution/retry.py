"""Whether and when to repeat a backend call. Reads an error's type, never its text."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

from orchestrator.core.errors import Ambiguous, Cancelled, Throttled, Transient
from orchestrator.core.ports import Cancellation, Clock
from orchestrator.core.retry import RetryPolicy

Result = TypeVar("Result")

Evidence = Callable[[], Result | None]
"""Looks whether a call whose answer was lost has had its effect; None if not, or if nobody can tell."""

OnRetry = Callable[[str], None]
"""Receives a line about each pause."""


class Retrier:
    """Repeats what may succeed if repeated: throttled, transient and lost calls. Everything else is raised at once.

    Args:
        policy: bounds.
        random: for jitter, so that ten steps that failed together do not come back together.
    """

    def __init__(self, policy: RetryPolicy, random: Random, clock: Clock, cancel: Cancellation) -> None:
        self._policy = policy
        self._random = random
        self._clock = clock
        self._cancel = cancel

    def call(self, effect: Callable[[], Result], on_retry: OnRetry, evidence: Evidence[Result] | None = None) -> Result:
        """Call until it succeeds or must not be repeated.

        Args:
            evidence: asked after a lost answer, before the call is repeated. Without it the call must be harmless to repeat.

        Raises:
            BackendError: the last error of the call.
            Cancelled: aborted during a pause.
        """
        first_failure: float | None = None
        attempt = 1
        while True:
            began = self._clock.monotonic()
            try:
                return effect()
            except (Throttled, Transient, Ambiguous) as error:
                now = self._clock.monotonic()
                if first_failure is None or now - began > self._policy.total_s:
                    # Hours of waiting with a hiccup now and then are not a row of failures.
                    first_failure, attempt = now, 1
                if isinstance(error, Ambiguous) and evidence is not None:
                    happened = self.call(evidence, on_retry)
                    if happened is not None:
                        return happened
                pause = self._policy.pause_s(error, attempt, self._random)
                if self._policy.ends(attempt, now + pause - first_failure):
                    raise
                on_retry(f"{error.detail.rstrip('.')}; retrying in {pause:.1f} s")
                if self._cancel.sleep(pause):
                    raise Cancelled("Interrupted while waiting to retry.") from error
                attempt += 1
