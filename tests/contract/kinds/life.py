"""One resource in one workspace, from its creation to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from orchestrator.core.address import Address
from orchestrator.core.change import Change
from orchestrator.core.ports import ScoringRequest, SystemClock
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.resource import Observed
from orchestrator.core.run import Outcome, RunReport, StepResult
from orchestrator.core.state import Holder, StateChange
from orchestrator.engine import (
    Planned,
    RunOptions,
    Workspace,
    apply_project,
    load_project,
    open_workspace,
    plan_project,
)
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.report.reasons import change_reason
from tests.contract.kinds.worlds import World
from tests.unit.kinds.cases import Case

KINDS = discover()
HEAD = {
    "project": "contract",
    "secrets": {"key": {"env": "KEY"}, "token": {"env": "TOKEN"}, "other": {"env": "OTHER"}},
}
SECRETS = {"KEY": "hush-key", "TOKEN": "hush-token", "OTHER": "hush-other"}


@dataclass
class Life:
    """A project with one resource under test and what it mentions.

    Attributes:
        body: of that resource, as the spec has it now; None once it left the spec.
    """

    case: Case
    world: World
    folder: Path
    body: dict[str, Any] | None = field(default=None)

    def __post_init__(self) -> None:
        self.case.write(self.folder)
        self.edit({})

    @property
    def address(self) -> Address:
        return Address.parse(self.case.address)

    def edit(self, patch: Mapping[str, Any]) -> None:
        """Write the full body with an edit into the spec."""
        self.body = self.world.body(self.case, self.case.patched(patch))
        self._write(self.case.spec(self.body))

    def leave(self) -> None:
        """Take the resource out of the spec; what it mentions stays."""
        self.body = None
        sections = self.case.spec({})
        place = self.case.place()
        holder = sections
        for name in place[:-1]:
            holder = holder[name]
        whole = KINDS[self.case.kind.partition(".")[0]]
        if own := [child.fields for child in whole.children if child.kind == self.case.kind and not child.keyed]:
            for name in own[0]:
                holder[place[-1]].pop(name, None)
        else:
            del holder[place[-1]]
        self._write({name: section for name, section in sections.items() if section})

    def project(self) -> Project:
        loaded = load_project([self.folder / "spec.yaml"], LoadOptions(environ=SECRETS))
        return replace(loaded, workspace=self.world.choice)

    def plan(self, **options: Any) -> Planned:
        """Plan, and see that planning changes nothing."""
        before = self.world.facts()
        project = self.project()
        with self._open(project) as workspace:
            planned = plan_project(project, workspace, PlanOptions(**options))
        assert self.world.facts() == before, "planning is pure"
        return planned

    def changes(self, **options: Any) -> dict[Address, Change]:
        """What a plan would do, by address."""
        return {change.address: change for change in self.plan(**options).plan.effective}

    def apply(self, **options: Any) -> dict[Address, StepResult]:
        """Apply; then see that nothing is left to do and that another apply writes nothing.

        Returns:
            What was done, by address.
        """
        report = self.do(**options)
        assert report is not None, "there was something to do"
        assert not report.failed, [(str(r.address), r.outcome, r.error) for r in report.results]
        self.settled(**options)
        return {result.address: result for result in report.results}

    def forget(self) -> None:
        """Lose the state of everything, and every mark."""
        with self._open(self.project()) as workspace, workspace.store.lock(Holder("t", "t", 1, ""), wait_s=0):
            known = workspace.store.begin().applied
            workspace.store.settle_all(
                [StateChange(step="lost", address=address, applied=None, outcome="lost") for address in known]
            )
        self.world.disown()

    def settled(self, **options: Any) -> None:
        """See that a plan is empty and that applying it is nothing at all."""
        before = self.world.facts()
        project = self.project()
        with self._open(project) as workspace:
            left, done = apply_project(project, workspace, PlanOptions(**options), RunOptions(), lambda plan: True)
        assert not left.effective, [
            (str(c.address), c.action, change_reason(c), [f for f in c.fields if f.action]) for c in left.effective
        ]
        assert done is None
        assert self.world.facts() == before, "an apply without changes writes nothing"

    def live(self, address: Address | None = None) -> list[Observed]:
        """The objects at an address that are not archived, oldest first; without one, whatever bears the project's mark."""
        project = self.project()
        with self._open(project) as workspace:
            if workspace.interest is not None:
                workspace.interest.widen()
            kinds = KINDS if address is None else (address.kind,)
            found = [observed for kind in kinds for observed in workspace.backend.list(kind) if not observed.archived]
        unmarked = {key for key, kind in KINDS.items() if address is not None and not kind.taggable}
        ours = [
            o
            for o in found
            if (o.owner == project.name or (o.owner is None and o.address.kind in unmarked))
            and address in (None, o.address)
        ]
        return sorted(ours, key=lambda observed: observed.order)

    def answer(self) -> str:
        """What the endpoint under test says to an empty request."""
        endpoint = self.address.parent or self.address
        with self._open(self.project()) as workspace:
            return workspace.backend.score(endpoint, ScoringRequest("{}")).body

    def do(self, **options: Any) -> RunReport | None:
        """Apply, and look at nothing else. None if there was nothing to do."""
        project = self.project()
        with self._open(project) as workspace:
            return apply_project(project, workspace, PlanOptions(**options), RunOptions(), lambda plan: True)[1]

    @contextmanager
    def _open(self, project: Project) -> Iterator[Workspace]:
        with open_workspace(project, KINDS, SystemClock()) as workspace:
            yield workspace

    def _write(self, sections: Mapping[str, Any]) -> None:
        text = yaml.safe_dump({**HEAD, **sections}, sort_keys=False)
        (self.folder / "spec.yaml").write_text(text, encoding="utf-8")


DONE = frozenset({Outcome.CREATED, Outcome.RAN, Outcome.UPDATED, Outcome.REVISED, Outcome.REPLACED})
"""Outcomes of steps that had an effect on the workspace."""
