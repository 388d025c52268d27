"""What the loop asks of the stages and of the machine: plans, applies, memory, threads. Beside `ports`, which is about the world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator.core.address import Address
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Cancellation
from orchestrator.core.run import RunReport
from orchestrator.core.status import ResourceStatus
from orchestrator.reconcile.ports import Revision


@dataclass(frozen=True, slots=True)
class Look:
    """What a project needs, seen at one moment.

    Attributes:
        plan: every decision.
        statuses: how every resource is.
        prune: as it was asked for.
    """

    plan: Plan
    statuses: tuple[ResourceStatus, ...] = ()
    prune: bool = False


class Session(Protocol):
    """A project at one revision together with its open workspace. Used by one thread.

    Methods raise `SpecError`, `StateError`, `BackendError` and `UnsupportedSetup`, and nothing else that is expected.
    """

    @property
    def desired(self) -> int:
        """How many resources the spec has."""
        ...

    def look(self, *, prune: bool) -> Look:
        """Plan, with removals of what left the spec if asked. Reads only."""
        ...

    def apply(self, look: Look, held: Collection[Address], cancel: Cancellation) -> RunReport:
        """Do what a look decided, without what is held back.

        Args:
            look: as given by `look`.
            held: addresses whose changes are left alone.
            cancel: drained when a newer revision or a person asks for an end.

        Raises:
            StateError: the workspace moved on since the look; nothing was done.
        """
        ...


class Engine(Protocol):
    """The stages, as the loop needs them. One for all projects; called from several threads."""

    def open(self, project: str, revision: Revision) -> AbstractContextManager[Session]:
        """Load the spec of a revision and open its workspace.

        Raises:
            SpecError: with every problem of the spec.
            StandingBy: another loop has this project.
        """
        ...

    def other_loop(self, project: str) -> str:
        """Who else has this project, for people; takes it over when nobody has it.

        Empty if it is ours now, or if its workspace is not known before the first `open`. Cheap: nothing is fetched or loaded.
        """
        ...

    def recall(self, project: str) -> Mapping[str, Any] | None:
        """What was remembered about this project's passes; None if nothing was or its workspace is not known yet.

        Raises:
            StateError: the state cannot be read.
        """
        ...

    def remember(self, project: str, document: Mapping[str, Any]) -> None:
        """Keep what is known about this project's passes, with the state. Does nothing while its workspace is not known.

        Raises:
            StateError: the state cannot be written.
        """
        ...

    def close(self) -> None:
        """Let go of every project."""
        ...


class StandingBy(Exception):
    """Another loop keeps this project; this one waits for its death.

    Attributes:
        holder: who, for people.
    """

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class Workers(Protocol):
    """Threads and waiting, replaceable by virtual time."""

    def start(self, work: Callable[[], None]) -> None:
        """Run something beside the loop. It wakes the loop itself when it is over."""
        ...

    def wait(self, seconds: float | None) -> None:
        """Wait until `wake` is called or the time has passed; None waits without bound."""
        ...

    def wake(self) -> None:
        """End the loop's wait, or the next one. From any thread or signal handler."""
        ...

    def close(self, seconds: float | None = None) -> bool:
        """Wait for everything that was started, or for so long at most. Returns whether all of it is over."""
        ...
