"""What all AutoML jobs have: the service (or this machine) searches for the best model of some data."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, ASSET, CAMEL, DATA_FILES, DataInput, Environ, Job
from orchestrator.core.field_mark import Columns, Ref, RunSetting

TIME: Final = "limits the time, not the result"
SPEED: Final = "affects concurrency only"
COLUMN: Final = Columns("a column of the training data", table="training_data")
LEARNT_COLUMN: Final = replace(COLUMN, also=("validation_data",))


Verbosity: TypeAlias = Literal["not_set", "debug", "info", "warning", "error", "critical"]
ClassificationMetric: TypeAlias = Literal[
    "accuracy", "AUC_weighted", "average_precision_score_weighted", "norm_macro_recall",
    "precision_score_weighted",
]  # fmt: skip


class TableInput(DataInput):
    """A table: a folder with an ``MLTable`` file."""

    type: Literal["mltable"] | None = Field(None, description="mltable: a folder with an MLTable file.")
    path: Annotated[str, replace(DATA_FILES, table=True), ASSET] = Field(
        description="A local path, a URL, an asset (azureml:NAME:VERSION) or a job's output."
    )


class AutoMlJob(Job):
    """What all automated ML jobs have."""

    type: Literal["automl"] = Field(description="automl: an automated ML job.")
    training_data: TableInput = Field(description="Training data.")
    validation_data: TableInput | None = Field(
        None, description="Validation data. Default: split from the training data."
    )
    target_column_name: Annotated[str, LEARNT_COLUMN] = Field(description="Column to predict.")
    log_verbosity: Annotated[Verbosity | None, ANY_CASE, CAMEL, RunSetting("affects logging only")] = Field(
        None, description="Log level of the search. Default: info."
    )
    environment_id: Annotated[str | None, Ref("runs in it", kind="environments")] = Field(
        None, description="Environment that trials run in. Default: chosen by the service."
    )
    environment_variables: Environ | None = Field(
        None, description="Environment variables of each trial: name to value."
    )
