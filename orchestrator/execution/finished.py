"""What one step comes back with."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.core.run import Step, StepResult
from orchestrator.core.state import StateChange


@dataclass(frozen=True, slots=True)
class Finished:
    """A step that is over, well or not.

    Attributes:
        result: for the report.
        change: for the state.
    """

    step: Step
    result: StepResult
    change: StateChange
