"""A plan with everything it was made from."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan
from orchestrator.core.project import Project
from orchestrator.core.state import State


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with everything it was made from."""

    project: Project
    state: State
    observation: Observation
    plan: Plan
