"""What the stages ask of the world: a workspace and a clock. The port to the state is in `core.state`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Protocol, runtime_checkable

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired, Observed, Removal
from orchestrator.core.tree import Path


@dataclass(frozen=True, slots=True)
class Request:
    """A resource as it is to be written.

    Attributes:
        address: its name.
        revision: the version or run name it shall have; empty for named resources.
        properties: the CLI v2 body, every reference pinned; may still hold `LocalFiles` and `Secret`.
        fingerprint: goes into a tag of the live object.
        owner: the project; goes into a tag.
        key: the same key twice must have the effect once.
        variant: the shape of the body inside its kind (see `Desired.variant`).
        timeout_s: bound on the whole operation, seconds; None means the backend's default.
        removed: fields that we wrote last time and that shall be there no longer; for a service that keeps what is not mentioned.
        adopted: others made the live object; goes into a tag.
    """

    address: Address
    _: KW_ONLY
    revision: str
    properties: Mapping[str, Any]
    fingerprint: Fingerprint
    owner: str
    key: str
    variant: str = ""
    timeout_s: float | None = None
    removed: frozenset[Path] = frozenset()
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class ScoringRequest:
    """A POST to an online endpoint.

    Attributes:
        body: JSON text.
        deployment: address this deployment instead of following the traffic; empty means traffic.
    """

    body: str
    deployment: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class ScoringAnswer:
    """What came back."""

    url: str
    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Cancellation:
    """Tells long waits to stop. Set once, from any thread or signal handler."""

    def __init__(self) -> None:
        self._drain = threading.Event()
        self._abort = threading.Event()

    def drain(self) -> None:
        """Start nothing new; let what runs finish."""
        self._drain.set()

    def abort(self) -> None:
        """Stop waiting as well; what runs in the workspace goes on and is adopted by the next apply."""
        self._drain.set()
        self._abort.set()

    @property
    def draining(self) -> bool:
        return self._drain.is_set()

    @property
    def aborted(self) -> bool:
        return self._abort.is_set()

    def sleep(self, seconds: float) -> bool:
        """Sleep, or less if aborted. Returns whether it was aborted."""
        return self._abort.wait(seconds)


Progress = Callable[[str], None]
"""Receives one line about a long operation; a `LogLine` if a workload wrote it."""


class LogLine(str):
    """A line of a workload's log: of interest to those who ask for it."""

    __slots__ = ()


class Backend(Protocol):
    """A workspace. All methods may be called from several threads at once.

    Every method raises members of the `BackendError` family and nothing else.
    """

    @property
    def label(self) -> str:
        """For people: ``embedded workspace``, ``workspace heart in ml-prod``."""
        ...

    @property
    def workspace_id(self) -> str:
        """Stable identity of the workspace; empty if it does not exist yet."""
        ...

    def list(self, kind: str) -> Iterable[Observed]:
        """All live objects of a kind (``compute``, ``online_endpoints.deployments``), whoever owns them, every version and run,
        archived ones included (marked)."""
        ...

    def read(self, address: Address, revision: str | None = None) -> Observed | None:
        """One live object, or None. For versioned kinds None as revision means the latest."""
        ...

    def refusals(self, desired: Desired, resources: Mapping[Address, Desired]) -> Iterable[Refusal]:
        """Every reason why this workspace cannot do what the resource asks, and what it does in another way. Asked at plan time.

        Args:
            desired: the resource.
            resources: everything in the spec: what the resource mentions may be the reason.
        """
        ...

    def create(self, request: Request) -> Observed:
        """Bring a resource, version or run into being and return at once; `wait` follows.

        Idempotent by revision and key: what exists with the same fingerprint is returned as it is. If it is archived, it comes back.

        Raises:
            Conflict: it exists with another fingerprint.
        """
        ...

    def update(self, request: Request, before: Observed) -> Observed:
        """Change a live object in place and return at once; `wait` follows."""
        ...

    def wait(
        self, address: Address, revision: str, timeout_s: float | None, cancel: Cancellation, progress: Progress
    ) -> Observed:
        """Wait until the object is HEALTHY (a run: completed).

        Raises:
            Failed: it came to a bad end; the detail has the last lines of its log.
            TimedOut: still PROGRESSING after the bound.
            Cancelled: `cancel` was aborted meanwhile.
        """
        ...

    def delete(self, address: Address, revision: str, removal: Removal) -> None:
        """Delete or archive. What is already deleted is no error."""
        ...

    def cancel(self, address: Address, revision: str) -> None:
        """Ask a run to stop."""
        ...

    def logs(self, address: Address, revision: str | None, *, follow: bool) -> Iterator[str]:
        """Lines of a run's or deployment's log, without line ends."""
        ...

    def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
        """Send a request to an online endpoint with its key."""
        ...

    def close(self) -> None:
        """Let go of connections. What runs in the workspace goes on."""
        ...


class Clock(Protocol):
    """Time, replaceable in tests."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds, for durations."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


@runtime_checkable
class Triggering(Protocol):
    """A backend whose schedules can be fired by hand."""

    def trigger(self, address: Address) -> str:
        """Fire a schedule once, now. Returns the name of the run.

        Raises:
            NotFound: it is not there.
            BackendError: it cannot be fired.
        """
        ...
