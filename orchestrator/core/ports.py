"""What the stages ask of the world: a workspace, a state, a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Applied, Desired, Observed, Removal
from orchestrator.core.run import Verb


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
    """

    address: Address
    revision: str
    properties: Mapping[str, Any]
    fingerprint: Fingerprint
    owner: str
    key: str
    variant: str = ""
    timeout_s: float | None = None


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
"""Receives one line about a long operation."""


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
        """Every reason why this workspace cannot do what the resource asks. Asked at plan time.

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
        """Delete or archive. What is gone already is no error."""
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


@dataclass(frozen=True, slots=True)
class Intent:
    """A step that is about to have an effect."""

    step: str
    address: Address
    verb: Verb
    key: str
    revision: str


@dataclass(frozen=True, slots=True)
class StateChange:
    """What an outcome means for the state.

    Attributes:
        step: id of the step whose intent this answers.
        applied: the new record; None removes the address from the state.
        outcome: in past tense, for the journal.
        error: in words, if it failed.
        keep: the record stays as it is (the step failed without an effect worth recording).
    """

    step: str
    address: Address
    applied: Applied | None
    outcome: str
    error: str = ""
    keep: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """Everything that was applied in one project.

    Attributes:
        lineage: random identity given at birth; empty if nothing was ever applied.
        serial: grows with each apply that changes something.
        applied: by address.
        unfinished: intents without an outcome, left by an apply that died.
    """

    lineage: str
    serial: int
    applied: Mapping[Address, Applied]
    unfinished: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock.

    Attributes:
        who: user and machine.
        command: what it is doing.
        pid: process id on that machine.
        since: ISO time.
    """

    who: str
    command: str
    pid: int
    since: str


class StateStore(Protocol):
    """The state of one project in one workspace. Survives kill -9 at any moment."""

    def load(self) -> State:
        """Read the state. Creates nothing."""
        ...

    def lock(self, holder: Holder, *, wait_s: float) -> AbstractContextManager[None]:
        """Hold the only right to write; renews itself by heartbeat and expires when its holder dies.

        Raises:
            Locked: another holds it and did not let go within `wait_s` seconds; names the holder.
        """
        ...

    def begin(self) -> State:
        """Start an apply that will change something: gives the state its lineage if it has none, raises the serial by one."""
        ...

    def intend(self, intents: Sequence[Intent]) -> None:
        """Journal what is about to be done. Durable when it returns; one sync for all."""
        ...

    def settle_all(self, changes: Sequence[StateChange]) -> None:
        """Journal outcomes and update the records, each as one. Durable when it returns; one sync for all."""
        ...

    def history(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest journal entries first."""
        ...

    def remember(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a small JSON-able document under a name, in place of what was there. Durable when it returns. Needs no lock: what was
        applied is not touched."""
        ...

    def recall(self, name: str) -> Mapping[str, Any] | None:
        """What was remembered under a name; None if nothing was. Creates nothing."""
        ...

    def lease(self, name: str, holder: Holder) -> AbstractContextManager[None]:
        """Hold a right of its own beside the lock, for as long as a process likes; renews itself and expires when its holder dies.

        Raises:
            Locked: another holds it; names the holder.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
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
