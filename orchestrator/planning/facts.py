"""What a plan is made from."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.core.kind import Kinds
from orchestrator.core.observation import Observation
from orchestrator.core.project import Project
from orchestrator.core.state import State
from orchestrator.planning.select import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the decisions of one plan are made from."""

    project: Project
    state: State
    observation: Observation
    kinds: Kinds
    selection: Selection
    adopt: bool = False
