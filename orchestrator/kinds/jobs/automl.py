"""What all AutoML jobs have: the service (or this machine) searches for the best model of some data."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from orchestrator.core.bodies import DataInput, Environ, Job
from orchestrator.core.field_mark import Passive, Ref

TIME: Final = "bounds the time, not the work"
SPEED: Final = "how much runs at once, not what is tried"


class AutoMlJob(Job):
    """What all AutoML jobs have."""

    type: Literal["automl"]
    training_data: DataInput
    validation_data: DataInput | None = None
    test_data: DataInput | None = None
    target_column_name: str = Field(description="The column to predict.")
    log_verbosity: Annotated[str | None, Passive("what is written down, not what is done")] = None
    environment_id: Annotated[str | None, Ref("runs in it", kind="environments")] = None
    environment_variables: Environ | None = None
