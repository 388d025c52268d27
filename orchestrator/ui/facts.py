"""What a page is made from: one look at a project and its workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.change import Change
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.graph import reverse
from orchestrator.core.kind import Identity, Kinds
from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan
from orchestrator.core.project import Project
from orchestrator.core.redact import Redactor
from orchestrator.core.resource import Observed
from orchestrator.core.state import State
from orchestrator.core.status import ResourceStatus
from orchestrator.report.plan_json import plan_digest


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One look at a project.

    Attributes:
        plan: what an apply would do now; None where the spec cannot be planned.
        refusal: why not.
        statuses: of everything in the spec and in the state, by address.
        history: the journal, newest first.
        fired: runs that the project's schedules have started.
        note: what a reconcile loop that keeps the project said last; None if there is none.
        tests: what the tests of endpoints said last; see `core.gate_results`.
        taken_at: seconds since the epoch.
    """

    project: Project
    kinds: Kinds
    state: State
    observation: Observation
    plan: Plan | None
    refusal: SpecError | None
    statuses: tuple[ResourceStatus, ...]
    history: Sequence[Mapping[str, Any]] = ()
    fired: tuple[Observed, ...] = ()
    note: Mapping[str, Any] | None = None
    tests: Mapping[str, Any] | None = None
    taken_at: float = 0.0

    @cached_property
    def changes(self) -> Mapping[Address, Change]:
        """The plan's changes by address."""
        return {change.address: change for change in self.plan.changes} if self.plan is not None else {}

    @cached_property
    def status_of(self) -> Mapping[Address, ResourceStatus]:
        """The statuses by address."""
        return {status.address: status for status in self.statuses}

    @cached_property
    def unfinished(self) -> Mapping[Address, str]:
        """What an apply is doing now, each with the ISO time at which it was begun."""
        return {Address.parse(str(e["address"])): str(e["intended"]) for e in self.history if e.get("outcome") is None}

    @cached_property
    def begun(self) -> Mapping[tuple[str, str], str]:
        """Address and revision of what applies have made, each with the ISO time at which the first try was begun."""
        return {(str(e["address"]), str(e.get("revision") or "")): str(e["intended"]) for e in self.history}

    @cached_property
    def needs(self) -> Mapping[Address, frozenset[Address]]:
        """Everything in the spec and in the state, each with what it depends on."""
        applied = {address: record.depends_on for address, record in self.state.applied.items()}
        declared = {address: desired.depends_on for address, desired in self.project.resources.items()}
        return {status.address: (applied | declared).get(status.address, frozenset()) for status in self.statuses}

    @cached_property
    def needed_by(self) -> Mapping[Address, set[Address]]:
        """The same the other way round."""
        return reverse(self.needs)

    @cached_property
    def plan_digest(self) -> str:
        """Tells the plan from others; empty without one."""
        return plan_digest(self.plan) if self.plan is not None else ""

    @cached_property
    def redact(self) -> Redactor:
        """Takes the spec's secrets out of what others say."""
        return Redactor(desired.properties for desired in self.project.resources.values())

    def objects(self, address: Address) -> tuple[Observed, ...]:
        """The live objects of an address, newest first."""
        return tuple(reversed(self.observation.objects.get(address, ())))

    def live(self, address: Address) -> Observed | None:
        """The one in force; the newest where nobody says which that is."""
        status, found = self.status_of.get(address), self.objects(address)
        in_force = [each for each in found if status is not None and each.revision == status.revision]
        return next(iter(in_force or found), None)

    def runs(self) -> Iterator[Observed]:
        """All runs of the project's jobs and schedules."""
        yield from self.fired
        for address, found in self.observation.objects.items():
            if address.kind in self.kinds and self.kinds[address.kind].identity is Identity.RUN:
                yield from (each for each in found if each.owner == self.project.name)


def is_here(snapshot: Snapshot) -> bool:
    """Whether the workspace is on this machine."""
    return snapshot.project.workspace.kind == "local"
