"""What the loop asks of the world around it, and what it tells it: sources, notifications, measurements, the status it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a source, checked out.

    Attributes:
        id: the full commit, or a digest of a folder's files. Equal ids mean equal files.
        path: the spec in the checkout: a file or a folder. Stays until the source fetches another revision and this one is released.
        label: for people: ``main@1a2b3c4``, ``v1.4.0@1a2b3c4``, ``folder@9f8e7d6``.
        message: the first line of the commit's message; empty for a folder.
        author: who wrote the commit; empty for a folder.
        committed_at: ISO time of the commit; empty for a folder.
    """

    id: str
    path: Path
    label: str = ""
    message: str = ""
    author: str = ""
    committed_at: str = ""


class SourceError(Exception):
    """A source gave no revision.

    Attributes:
        detail: in words, without secrets.
        code: stable, kebab-case.
        fix: what to do, if known.
        last_good: the newest revision that was fetched before, still checked out and usable; None if there is none.
    """

    def __init__(self, detail: str, *, code: str, fix: str = "", last_good: Revision | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.fix = fix
        self.last_good = last_good


class SourceUnavailable(SourceError):
    """The source did not answer, or not in time. Trying again later may help; nobody needs to do anything yet."""


class SourceStalled(SourceError):
    """The source answered, and what is asked for is not there or not allowed. It stays so until a person acts."""


class Source(Protocol):
    """Where the spec of one project comes from. Called by one thread at a time."""

    def fetch(self) -> Revision:
        """Look for the newest revision and check it out.

        Raises:
            SourceUnavailable: it cannot be reached now; `last_good` can be used meanwhile.
            SourceStalled: it has no such revision, or the revision is refused.
        """
        ...

    def recall(self, revision: str) -> Revision | None:
        """A revision that was fetched before, by its id, without asking anybody; None if it is not kept."""
        ...

    def keep(self, revisions: Iterable[str]) -> None:
        """Let go of the checkouts of all revisions but these and the newest."""
        ...


class Trigger(StrEnum):
    """What may be worth a notification."""

    APPLIED = "applied"
    FAILED = "failed"
    DRIFT = "drift"
    HEALED = "healed"
    STALLED = "stalled"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that people may want to hear of. Told once for each project, revision and trigger.

    Attributes:
        revision: the revision's id; may be empty if none was ever fetched.
        label: the revision for people.
        summary: one line, without secrets.
        details: further lines, without secrets: resources, places in files.
        at: ISO time.
        pass_id: the pass that found it.
    """

    trigger: Trigger
    project: str
    revision: str
    summary: str
    label: str = ""
    details: tuple[str, ...] = ()
    at: str = ""
    pass_id: str = ""

    @property
    def key(self) -> str:
        """The same key twice is the same news."""
        return f"{self.trigger}:{self.revision}"


class Notifier(Protocol):
    """Tells people. Never blocks and never raises."""

    def notify(self, notice: Notice) -> None:
        """Send a notice to everybody who wants this trigger of this project, unless it was sent before."""
        ...

    def delivered(self, project: str) -> Sequence[str]:
        """What was delivered, to be kept with the project's status; bounded. Oldest first."""
        ...

    def restore(self, project: str, delivered: Iterable[str]) -> None:
        """Take up what an earlier process delivered."""
        ...


@dataclass(frozen=True, slots=True)
class PassSummary:
    """A finished pass, as measurements need it.

    Attributes:
        outcome: ``clean``, ``changed``, ``pending``, ``failed``, ``stalled`` or ``suspended``.
        duration_s: wall-clock seconds.
        finished_at: seconds since the epoch.
        drift: resources found to differ without a change of the spec.
        healed: of those, set right by this pass.
        pending: changes that wait for somebody's leave.
        resources: outcome of an apply (``created``, ``failed``, …) to the number of resources.
    """

    project: str
    outcome: str
    duration_s: float
    finished_at: float
    drift: int = 0
    healed: int = 0
    pending: int = 0
    resources: Mapping[str, int] = field(default_factory=dict)

    @property
    def successful(self) -> bool:
        """Whether the workspace is what the spec says, as far as this project's switches allow."""
        return self.outcome in ("clean", "changed", "pending")


class Meter(Protocol):
    """Receives measurements from any thread. Never blocks and never raises."""

    def passed(self, summary: PassSummary) -> None:
        """A pass has finished."""
        ...


class Tracer(Protocol):
    """Makes spans of passes and their stages, where somebody collects them."""

    def span(self, name: str, attributes: Mapping[str, str | int | float | bool]) -> AbstractContextManager[None]:
        """Everything inside belongs to the span; an exception that leaves it marks it as failed."""
        ...


class FleetStatus(Protocol):
    """How all projects are, for those who look. Reads memory only and may be called from any thread."""

    def ready(self) -> bool:
        """Whether every project has been looked at since the loop started."""
        ...

    def alive(self) -> bool:
        """Liveness of the loop."""
        ...

    def projects(self) -> Sequence[str]:
        """The names, in the order of the configuration."""
        ...

    def status(self, project: str) -> Mapping[str, Any] | None:
        """Conditions, revisions, pending plan and drift as plain data; None if there is no such project."""
        ...

    def history(self, project: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """Finished passes as plain data, the newest first."""
        ...


class Controls(Protocol):
    """What others may ask of the loop. Returns at once; may be called from any thread with the name of a known project.

    `suspend` and `resume` raise `stages.StandingBy` if another loop has the project: what rests is written down by its owner.
    """

    def trigger(self, project: str) -> None:
        """Look at the project as soon as possible."""
        ...

    def suspend(self, project: str) -> None:
        """Start no further pass until resumed."""
        ...

    def resume(self, project: str) -> None:
        """Go on."""
        ...
