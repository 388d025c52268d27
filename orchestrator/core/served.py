"""Pieces of the bodies of deployments, online and in batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from orchestrator.core.bodies import CODE_FILES, Properties, Resource, Version
from orchestrator.core.kind import Spec


class ServedModel(Resource):
    """A model without a life of its own, but for its path."""

    version: Version | None = Field(None, description="Version of the anonymous model. Usually omitted.")
    type: Literal["custom_model", "mlflow_model", "triton_model"] | None = Field(
        None, description="Format of the model. Default: custom_model."
    )
    properties: Properties | None = Field(None, description="Properties: key-value pairs for programs.")
    flavors: dict[str, dict[str, Any]] | None = Field(None, description="MLflow flavors of the model, by name.")


class CodeConfiguration(Spec):
    """The scoring code."""

    code: Annotated[str | None, replace(CODE_FILES, entry="scoring_script")] = Field(
        None, description="Folder that contains the scoring script."
    )
    scoring_script: str | None = Field(
        None, description="Path of the scoring script in the folder. It defines init() and run()."
    )
