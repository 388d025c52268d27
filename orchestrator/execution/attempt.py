"""One try at a step: what it works on and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.change import Change
from orchestrator.core.errors import Invalid
from orchestrator.core.plan import Target
from orchestrator.core.resource import Desired, Observed
from orchestrator.core.run import CheckResult, Step


@dataclass(slots=True, kw_only=True)
class Attempt:
    """How far a step has come; read when it is over, well or not.

    Attributes:
        began: monotonic seconds.
        properties: as they were sent, everything bound.
        observed: the live object; None before the workspace answered.
        answers: of the endpoint's tests, without secrets.
        touched: it may have had an effect.
    """

    step: Step
    change: Change
    target: Target
    began: float
    properties: Mapping[str, Any] = field(default_factory=dict)
    observed: Observed | None = None
    answers: tuple[CheckResult, ...] = ()
    touched: bool = False

    @property
    def desired(self) -> Desired:
        """What the spec says.

        Raises:
            Invalid: the plan, which may have been read from a file, does not hold it.
        """
        desired = self.target.desired
        if desired is None:
            raise Invalid(f"The plan says to {self.step.verb.value} {self.step.address} but not how.")
        return desired
