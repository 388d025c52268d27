"""Calls of a workspace: repeated where that helps, looked up where an answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound
from orchestrator.core.ports import Backend, Progress, Request, ScoringAnswer, ScoringRequest
from orchestrator.core.resource import Observed, Removal
from orchestrator.execution.options import ApplyOptions
from orchestrator.execution.retry import OnRetry, Retrier


class Calls:
    """The backend, made patient. Methods raise what the backend raises, once it is no use to go on.

    Each takes a listener for the pauses between attempts.
    """

    def __init__(self, backend: Backend, options: ApplyOptions) -> None:
        self._backend = backend
        self._clock = options.clock
        self._cancel = options.cancel
        self._retrier = Retrier(options.retry, options.random, options.clock, options.cancel)

    def create(self, request: Request, on_retry: OnRetry, *, tagged: bool) -> Observed:
        """Create, once.

        Args:
            tagged: live objects of this kind bear a fingerprint. Those that bear none cannot say whose they are; the plan has seen
                them absent.
        """

        def happened() -> Observed | None:
            seen = self._backend.read(request.address, request.revision or None)
            if seen is None or seen.archived:
                return None
            return seen if not tagged or request.fingerprint.matches(seen.fingerprint) else None

        return self._retrier.call(lambda: self._backend.create(request), on_retry, happened)

    def update(self, request: Request, before: Observed, on_retry: OnRetry) -> Observed:
        """Update, once. Labels count when the result is looked up, unlike after a create: they may be all that changes."""

        def happened() -> Observed | None:
            seen = self._backend.read(request.address, request.revision or None)
            return seen if seen is not None and seen.fingerprint == request.fingerprint.pack() else None

        return self._retrier.call(lambda: self._backend.update(request, before), on_retry, happened)

    def wait(
        self, address: Address, revision: str, timeout_s: float | None, progress: Progress, on_retry: OnRetry
    ) -> Observed:
        """Wait. The bound holds for all attempts together."""
        began = self._clock.monotonic()

        def rest() -> Observed:
            left = None if timeout_s is None else max(0.0, timeout_s - (self._clock.monotonic() - began))
            return self._backend.wait(address, revision, left, self._cancel, progress)

        return self._retrier.call(rest, on_retry)

    def delete(self, observed: Observed, removal: Removal, on_retry: OnRetry) -> None:
        """Delete or archive. What is already deleted is what was wanted."""

        def happened() -> bool | None:
            seen = self._backend.read(observed.address, observed.revision or None)
            return True if seen is None or (removal is Removal.ARCHIVE and seen.archived) else None

        effect = _tolerant(lambda: self._backend.delete(observed.address, observed.revision, removal))
        self._retrier.call(effect, on_retry, happened)

    def cancel(self, observed: Observed, on_retry: OnRetry) -> None:
        """Ask a run to stop. One that is gone has stopped."""
        self._retrier.call(_tolerant(lambda: self._backend.cancel(observed.address, observed.revision)), on_retry)

    def score(self, endpoint: Address, request: ScoringRequest, on_retry: OnRetry) -> ScoringAnswer:
        """Send a request to an endpoint. Asking again does no harm."""
        return self._retrier.call(lambda: self._backend.score(endpoint, request), on_retry)


def _tolerant(effect: Callable[[], None]) -> Callable[[], bool]:
    def done() -> bool:
        with suppress(NotFound):
            effect()
        return True

    return done
