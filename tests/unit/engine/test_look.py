"""A far workspace and the state in it are asked at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.core.address import Address
from orchestrator.core.errors import Denied, StateError
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.ports import Backend, SystemClock
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.resource import Applied, Observed
from orchestrator.core.state import State, StateStore
from orchestrator.engine import Workspace, load_project, open_workspace, plan_project
from orchestrator.engine.workspace import Interest
from orchestrator.kinds import discover
from orchestrator.observe.ahead import listing_ahead
from orchestrator.planning.options import PlanOptions

SLOWEST_S = 30.0
SPEC = """project: demo
compute:
  cpu: {type: amlcompute, size: Standard_DS2_v2}
data:
  rows: {type: uri_file, path: "https://example.org/rows.csv"}
"""
OLD = Address("data", "old")


@dataclass
class Far:
    """Both halves of a workspace; each may wait until the other is asked.

    Attributes:
        lists: how often each kind was listed.
    """

    near: Backend
    store: StateStore
    applied: dict[Address, Applied] = field(default_factory=dict)
    together: bool = False
    list_error: Exception | None = None
    load_error: Exception | None = None
    lists: Counter[str] = field(default_factory=Counter)
    listing: threading.Event = field(default_factory=threading.Event)
    loading: threading.Event = field(default_factory=threading.Event)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.near, name)

    def list(self, kind: str) -> list[Observed]:
        self.lists[kind] += 1
        self.listing.set()
        assert not self.together or self.loading.wait(SLOWEST_S), "the state is asked only afterwards"
        if self.list_error is not None:
            raise self.list_error
        return list(self.near.list(kind))

    def load(self) -> State:
        self.loading.set()
        assert not self.together or self.listing.wait(SLOWEST_S), "the workspace is asked only afterwards"
        if self.load_error is not None:
            raise self.load_error
        state = self.store.load()
        return replace(state, applied={**state.applied, **self.applied})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "spec.yaml").write_text(SPEC)
    return load_project([tmp_path / "spec.yaml"], LoadOptions())


@pytest.fixture
def far(project: Project) -> Iterator[Far]:
    with open_workspace(project, discover(), SystemClock()) as opened:
        yield Far(opened.backend, opened.store)


def look(far: Far, project: Project) -> list[str]:
    workspace = Workspace(cast("Backend", far), cast("StateStore", far), Interest(project))
    return [str(change.address) for change in plan_project(project, workspace, PlanOptions()).plan.effective]


def test_state_and_workspace_answer_at_the_same_time(far: Far, project: Project) -> None:
    far.together = True
    assert look(far, project) == ["compute.cpu", "data.rows"]
    assert far.lists == {"compute": 1, "data": 1}


def test_a_kind_of_which_the_state_knows_more_is_listed_again(far: Far, project: Project) -> None:
    far.applied = {OLD: Applied(OLD, properties={}, fingerprint=Fingerprint(""), revision="1")}
    look(far, project)
    assert far.lists == {"compute": 1, "data": 2}


def test_runs_are_listed_when_the_state_has_told_which_are_on_record(far: Far, tmp_path: Path) -> None:
    job = 'jobs:\n  train: {type: command, command: "true", environment: azureml:e@latest, compute: azureml:cpu}\n'
    (tmp_path / "spec.yaml").write_text(f'{SPEC}environments:\n  e: {{image: "python:3.11"}}\n{job}')
    project = load_project([tmp_path / "spec.yaml"], LoadOptions())
    with listing_ahead(project, cast("Backend", far), discover()) as begun:
        assert set(begun) == {"compute", "data", "environments"}
    assert "jobs" not in far.lists
    assert "jobs.train" in look(far, project)
    assert far.lists["jobs"] == 1


def test_a_workspace_that_refuses_is_told(far: Far, project: Project) -> None:
    far.list_error = Denied("Not for you.")
    with pytest.raises(Denied, match="Not for you"):
        look(far, project)


def test_a_state_that_cannot_be_read_comes_first(far: Far, project: Project) -> None:
    far.list_error, far.load_error = Denied("Not for you."), StateError("It is damaged.", code="state-damaged")
    with pytest.raises(StateError, match="damaged"):
        look(far, project)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("ahead")] == []
