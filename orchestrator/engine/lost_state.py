"""Writes a lost state again."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.address import Address
from orchestrator.core.errors import StateError
from orchestrator.core.project import Project
from orchestrator.core.resource import Applied
from orchestrator.core.state import StateChange
from orchestrator.engine.apply import RunOptions, holder
from orchestrator.engine.plan import read_marks
from orchestrator.engine.workspace import Workspace
from orchestrator.state.rebuild import describe_ambiguous


def rebuild_state(project: Project, workspace: Workspace, run: RunOptions) -> Mapping[Address, Applied]:
    """Write a lost state again, from the marks of live objects.

    Returns:
        The records.

    Raises:
        StateError: there is a state already; an address has two objects that may be in force.
    """
    with workspace.store.lock(holder(run.command), wait_s=run.lock_wait_s):
        if workspace.store.load().applied:
            raise StateError(
                f"Project '{project.name}' already has a state in this workspace; nothing was rebuilt.",
                code="state-exists",
                fix="Run `amlctl plan`: differences are shown as changes.",
            )
        state = workspace.store.begin()
        rebuilt, _ = read_marks(project, workspace, state.lineage)
        if rebuilt.ambiguous:
            raise StateError(
                f"Cannot tell which of several objects is current: {describe_ambiguous(rebuilt.ambiguous)}.",
                code="state-ambiguous",
                fix="Archive or delete all but one of each, then rebuild again.",
            )
        workspace.store.settle_all(
            [
                StateChange(step=f"rebuild {at}", address=at, applied=applied, outcome="rebuilt")
                for at, applied in rebuilt.applied.items()
            ]
        )
    return rebuilt.applied
