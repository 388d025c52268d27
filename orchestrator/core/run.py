"""Steps of an apply, their outcomes and what is told meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import TypeAlias

from orchestrator.core.address import Address
from orchestrator.core.resource import Observed
from orchestrator.core.span import Span


class Verb(StrEnum):
    """What a step asks of the backend."""

    CREATE = "create"
    UPDATE = "update"
    RUN = "run"
    DELETE = "delete"
    REUSE = "reuse"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One unit of work on one resource.

    Attributes:
        id: unique in its run: ``create online_endpoints.hf``.
        address: the resource.
        verb: see `Verb`. A replacement is two steps.
        key: idempotency key: address and fingerprint. The same key twice is the same effect once.
        after: ids of steps that must have succeeded before.
        queue: steps of one queue never overlap (an endpoint takes one operation at a time); empty means none.
    """

    id: str
    address: Address
    verb: Verb
    key: str
    after: frozenset[str] = frozenset()
    queue: str = ""


class Outcome(StrEnum):
    """What became of a resource. Past tense, so that it is never mistaken for an action."""

    CREATED = "created"
    UPDATED = "updated"
    REVISED = "revised"
    RAN = "ran"
    REUSED = "reused"
    REPLACED = "replaced"
    DELETED = "deleted"
    FORGOTTEN = "forgotten"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    LEFT_RUNNING = "left-running"


NOT_WELL = frozenset({Outcome.FAILED, Outcome.SKIPPED, Outcome.CANCELLED, Outcome.LEFT_RUNNING})
"""Outcomes of what is not as it should be. What was left running goes on in the workspace; nobody waited for its end."""

STOPPED = frozenset({Outcome.CANCELLED, Outcome.LEFT_RUNNING})
"""Outcomes of what a wish to stop kept from its end."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of one resource.

    Attributes:
        revision: the revision now in force.
        before: the revision that was in force; empty if there was none.
        duration_s: wall-clock seconds.
        error: why it failed or was skipped, in words; may name the address that caused it.
        code: the type of the error (``Denied``, ``Invalid``, …); empty if none.
        observed: the live object afterwards.
        span: its place in the spec.
        answers: name and answer of each check that ran.
    """

    address: Address
    outcome: Outcome
    _: KW_ONLY
    revision: str = ""
    duration_s: float = 0.0
    error: str = ""
    code: str = ""
    observed: Observed | None = None
    span: Span | None = None
    answers: tuple[CheckResult, ...] = ()
    before: str = ""

    @property
    def good(self) -> bool:
        """Whether it is as it should be."""
        return self.outcome not in NOT_WELL


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of one request of an endpoint's tests.

    Attributes:
        url: where it was sent.
        deployment: the deployment it was addressed to; empty means through the endpoint's traffic.
        status: the HTTP status; 0 if no answer came.
        body: the answer's text, cut to 2,000 characters.
        problem: why it is not what was expected; empty means passed.
    """

    name: str
    url: str
    deployment: str
    status: int
    body: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What an apply did.

    Attributes:
        results: by address; unchanged resources are left out.
        interrupted: a person stopped it.
        serial: the state's number afterwards.
    """

    results: tuple[StepResult, ...]
    interrupted: bool = False
    serial: int = 0

    @property
    def failed(self) -> bool:
        """Whether any resource failed or was skipped because of one that did."""
        return any(not result.good for result in self.results)


class EventKind(StrEnum):
    """What an event tells. PROGRESS is the workspace's own word about a step, LOG a line that a workload wrote."""

    STARTED = "started"
    PROGRESS = "progress"
    LOG = "log"
    RETRY = "retry"
    FINISHED = "finished"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened while applying, for progress displays and logs.

    Attributes:
        message: for people, one line, without secrets.
        data: further facts for machine-readable logs.
        result: only with FINISHED.
    """

    kind: EventKind
    address: Address | None
    message: str = ""
    verb: Verb | None = None
    data: Mapping[str, str | int | float] = field(default_factory=dict)
    result: StepResult | None = None


Listener: TypeAlias = Callable[[Event], None]
"""Receives events from any thread; must not block."""
