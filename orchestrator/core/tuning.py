"""What jobs that train a model of the catalog further have in common: fine-tuning and distillation.

Source: azure-ai-ml, ``_schema/_finetuning/finetuning_vertical.py`` and ``_schema/_distillation/distillation_job.py``.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import ASSET, DATA_FILES, PathMode
from orchestrator.core.field_mark import RunSetting
from orchestrator.core.kind import Spec

_MODE: Final = RunSetting("affects how data reaches the job, not which data")
_DATASTORE: Final = RunSetting("where a local path is uploaded to")


class TuningData(Spec):
    """A file or folder of examples."""

    type: Literal["uri_file", "uri_folder"] | None = Field(None, description="uri_file (default) or uri_folder.")
    path: Annotated[str, DATA_FILES, ASSET] = Field(
        description="A local path, a URL, an asset (azureml:NAME:VERSION) or a job's output."
    )
    mode: Annotated[PathMode | None, _MODE] = Field(None, description="ro_mount, download or direct.")
    path_on_compute: Annotated[str | None, RunSetting("affects where the job finds the data, not which data")] = Field(
        None, description="Path in the job's container at which the data are mounted or downloaded."
    )
    datastore: Annotated[str | None, _DATASTORE] = Field(
        None, description="azureml:NAME of the datastore for a local path. Default: the default datastore."
    )


class TunedModel(Spec):
    """The model that is trained further."""

    type: Literal["mlflow_model", "custom_model", "triton_model"] | None = Field(
        None, description="Type of the model: mlflow_model, custom_model or triton_model."
    )
    path: Annotated[str, DATA_FILES, ASSET] = Field(
        description="azureml:NAME:VERSION, or a model of a registry: azureml://registries/R/models/M/versions/V."
    )
    mode: Annotated[PathMode | None, _MODE] = Field(None, description="ro_mount, download or direct.")
    datastore: Annotated[str | None, _DATASTORE] = Field(None, description="azureml:NAME of a datastore.")


Examples: TypeAlias = Annotated[str, DATA_FILES, ASSET] | TuningData
EXAMPLES: Final = "Examples: a local path, a URL, azureml:NAME:VERSION, or a body with type and path."
