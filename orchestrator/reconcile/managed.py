"""One project inside the loop: its settings, what is known of it and what goes on with it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.reconcile.outcome import PassFacts
from orchestrator.reconcile.policy import Policy
from orchestrator.reconcile.ports import Revision, Source
from orchestrator.reconcile.schedule import ProjectSchedule
from orchestrator.reconcile.task import Control, Known, Task

LONGEST_WAIT_S = 30.0
"""The loop goes round at least this often, so that whoever asks whether it is alive gets a fresh answer."""


class OneAtATime:
    """A source that several threads may ask; they take turns."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._turn = threading.Lock()

    def fetch(self) -> Revision:
        """See `ports.Source`."""
        with self._turn:
            return self._source.fetch()

    def recall(self, revision: str) -> Revision | None:
        """See `ports.Source`."""
        with self._turn:
            return self._source.recall(revision)

    def keep(self, revisions: Iterable[str]) -> None:
        """See `ports.Source`."""
        with self._turn:
            self._source.keep(revisions)


@dataclass(slots=True)
class Managed:
    """A project and its present. Fields below `policy` belong to the loop and are guarded by its lock.

    Attributes:
        known: what passes leave to the next one.
        due_at: the monotonic second of the next pass.
        cause: why that pass will run.
        asked: that pass tries a failing revision at once.
        control: of the running pass; None between passes.
        poll_at: the monotonic second of the next poll for a newer revision.
        polling: a poll is under way.
        newest: the revision that the last pass or poll saw.
        suspended: no passes; None until the record could be read or a person decided.
        standby: who else has the project; empty if nobody.
        writing: held while the record is written, so that the newest one is written last.
    """

    name: str
    source: OneAtATime
    policy: Policy
    known: Known = field(default_factory=Known)
    due_at: float = 0.0
    cause: str = "start"
    asked: bool = False
    control: Control | None = None
    poll_at: float = 0.0
    polling: bool = False
    newest: str = ""
    suspended: bool | None = None
    standby: str = ""
    passes: int = 0
    writing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def schedule(self) -> ProjectSchedule:
        """For the decision what comes next."""
        rest = bool(self.suspended) or self.policy.suspended
        return ProjectSchedule(
            self.name,
            float("inf") if rest else self.due_at,
            self.known.record.ready and self.passes > 0,
            self.control is not None,
            self.policy.depends_on,
        )

    def task(self) -> Task:
        """The next pass."""
        return Task(self.name, self.policy, self.source, self.cause, self.asked)


class Fleet:
    """All projects of a loop.

    Attributes:
        projects: by name, in the order of the configuration.
        lock: guards what changes in them and in this.
        ends: the facts of each project's last pass.
        last_round: the monotonic second at which the loop last decided.
    """

    def __init__(self, projects: Iterable[Managed]) -> None:
        self.projects: Mapping[str, Managed] = {project.name: project for project in projects}
        self.lock = threading.RLock()
        self.ends: dict[str, PassFacts] = {}
        self.last_round = float("-inf")
