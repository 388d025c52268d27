"""The stages in order on an embedded workspace: what stops an apply, and what is done without the state."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.errors import StateError
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.plan import Plan
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.resource import Applied
from orchestrator.core.state import State, StateStore
from orchestrator.engine import (
    RunOptions,
    Workspace,
    apply_agreed,
    apply_project,
    holder,
    load_project,
    open_workspace,
    plan_project,
    rebuild_state,
    status_of,
)
from orchestrator.engine.workspace import Interest
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.state.sqlite import SqliteStateStore

SPEC = """project: demo
compute:
  cpu: {type: amlcompute, size: Standard_DS2_v2}
data:
  rows: {type: uri_file, path: rows.csv}
"""
CPU, ROWS = Address("compute", "cpu"), Address("data", "rows")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "rows.csv").write_text("x\n1\n")
    (tmp_path / "spec.yaml").write_text(SPEC)
    return load_project([tmp_path / "spec.yaml"], LoadOptions())


@pytest.fixture
def workspace(project: Project) -> Iterator[Workspace]:
    with open_workspace(project, discover(), SystemClock()) as opened:
        yield opened


def apply(project: Project, workspace: Workspace) -> None:
    _, report = apply_project(project, workspace, PlanOptions(), RunOptions(), lambda plan: True)
    assert report is not None
    assert not report.failed


class Unreadable:
    """A state that may not be read."""

    def __init__(self, error: StateError) -> None:
        self._error = error

    def load(self) -> State:
        raise self._error


def without_right(workspace: Workspace, code: str) -> Workspace:
    error = StateError("You may not read it.", code=code, fix="Ask for the role.")
    return replace(workspace, store=cast("StateStore", Unreadable(error)))


def test_who_may_not_read_the_state_plans_from_tags_and_is_warned(project: Project, workspace: Workspace) -> None:
    apply(project, workspace)
    planned = plan_project(project, without_right(workspace, "state-denied"), PlanOptions())
    assert planned.plan.effective == ()
    assert set(planned.state.applied) == {CPU, ROWS}
    (warning,) = planned.plan.warnings
    assert warning.code == "state-denied"
    assert warning.fix == "Ask for the role."


def test_any_other_trouble_with_the_state_stops_the_plan(project: Project, workspace: Workspace) -> None:
    with pytest.raises(StateError) as caught:
        plan_project(project, without_right(workspace, "state-damaged"), PlanOptions())
    assert caught.value.code == "state-damaged"


def test_a_lost_state_is_written_again_from_marks(project: Project, workspace: Workspace, tmp_path: Path) -> None:
    apply(project, workspace)
    empty = SqliteStateStore(tmp_path / "elsewhere.db", project.name, SystemClock())
    lost = replace(workspace, store=empty)
    try:
        assert len(plan_project(project, lost, PlanOptions()).plan.effective) == 2
        assert set(rebuild_state(project, lost, RunOptions())) == {CPU, ROWS}
        assert plan_project(project, lost, PlanOptions()).plan.effective == ()
        with pytest.raises(StateError) as caught:
            rebuild_state(project, lost, RunOptions())
        assert caught.value.code == "state-exists"
    finally:
        empty.close()


def test_what_left_the_spec_is_in_the_rebuilt_state_too(project: Project, workspace: Workspace, tmp_path: Path) -> None:
    apply(project, workspace)
    (tmp_path / "spec.yaml").write_text("project: demo\n")
    smaller = load_project([tmp_path / "spec.yaml"], LoadOptions())
    empty = SqliteStateStore(tmp_path / "elsewhere.db", project.name, SystemClock())
    try:
        assert set(rebuild_state(smaller, replace(workspace, store=empty), RunOptions())) == {CPU, ROWS}
    finally:
        empty.close()


def test_a_plan_that_no_longer_holds_is_not_carried_out(project: Project, workspace: Workspace) -> None:
    agreed = plan_project(project, workspace, PlanOptions()).plan
    apply(project, workspace)
    with pytest.raises(StateError) as caught:
        apply_agreed(agreed, project, workspace, PlanOptions(), RunOptions())
    assert caught.value.code == "plan-outdated"


def test_what_was_left_out_of_the_agreement_is_left_out_of_the_apply(project: Project, workspace: Workspace) -> None:
    def only_data(plan: Plan) -> Plan:
        return replace(plan, changes=tuple(change for change in plan.changes if change.address == ROWS))

    agreed = only_data(plan_project(project, workspace, PlanOptions()).plan)
    _, report = apply_agreed(agreed, project, workspace, PlanOptions(), RunOptions(), only_data)
    assert [result.address for result in report.results] == [ROWS]
    left = plan_project(project, workspace, PlanOptions()).plan.effective
    assert [(change.address, change.action) for change in left] == [(CPU, Action.CREATE)]


def test_status_covers_what_is_not_there_yet(project: Project, workspace: Workspace) -> None:
    assert {status.address for status in status_of(project, workspace)} == {CPU, ROWS}


def test_interest_is_the_spec_first_then_the_state_as_well_then_everything(project: Project) -> None:
    interest = Interest(project)
    assert interest.addresses() == {CPU: "", ROWS: ""}
    gone = Address("data", "gone")
    applied = {at: Applied(at, properties={}, fingerprint=Fingerprint(""), revision="3") for at in (ROWS, gone)}
    interest.narrow(State("l", 1, applied))
    assert interest.addresses() == {CPU: "", ROWS: "3", gone: "3"}
    interest.widen()
    assert interest.addresses() is None


def test_a_user_without_a_name_holds_a_lock_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    mine = holder("apply")
    assert mine.who.startswith(f"uid {os.getuid()}@")
    assert (mine.command, mine.pid) == ("apply", os.getpid())
