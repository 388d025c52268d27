"""What goes into and comes out of components, and what all of them have."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import AS_TEXT, EXACT, Flag, Number, Resource, Scalar, Version, Words
from orchestrator.core.field_mark import Metadata, ServiceValue
from orchestrator.core.kind import Spec

Mode: TypeAlias = Literal[
    "ro_mount", "rw_mount", "mount", "download", "upload", "direct", "eval_mount", "eval_download", "link"
]
PortType: TypeAlias = Literal[
    "uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model", "path"
]
ParameterType: TypeAlias = Literal["integer", "number", "boolean", "string"]
_Bound = Annotated[str | Number | None, AS_TEXT]


class Parameter(Spec):
    """A literal value as an input of a component."""

    type: Annotated[ParameterType, EXACT] = Field(description="Type of the value.")
    description: Words | None = Field(None, description="Description of the input.")
    optional: Flag | None = Field(None, description="Whether the input can be omitted. Default: false.")
    default: Annotated[Scalar | None, AS_TEXT] = Field(None, description="Value of the input if it is omitted.")
    min: _Bound = Field(None, description="Minimum value. For integer and number only.")
    max: _Bound = Field(None, description="Maximum value. For integer and number only.")
    enum: list[str] | None = Field(None, description="Allowed values.")


class InputPort(Spec):
    """Data or a model as an input of a component."""

    type: Annotated[PortType, EXACT] = Field(description="Type of the data.")
    description: Words | None = Field(None, description="Description of the input.")
    optional: Flag | None = Field(None, description="Whether the input can be omitted. Default: false.")
    default: Annotated[str | None, AS_TEXT] = Field(None, description="Path of the input if it is omitted.")
    mode: Annotated[Mode | None, EXACT] = Field(None, description="How the data reach the job. Default: ro_mount.")


class OutputPort(Spec):
    """An output of a component."""

    type: Annotated[PortType, EXACT] = Field(description="Type of the output.")
    description: Words | None = Field(None, description="Description of the output.")
    mode: Annotated[Mode | None, EXACT] = Field(None, description="How the job writes the output. Default: rw_mount.")


class AnyOutput(Spec):
    """An output of a component: data, or a value for other steps of a pipeline."""

    type: Annotated[PortType | ParameterType, EXACT] = Field(
        description="Type of the output: data, or a value for other steps of a pipeline."
    )
    description: Words | None = Field(None, description="Description of the output.")
    mode: Annotated[Mode | None, EXACT] = Field(None, description="How the job writes the output. Default: rw_mount.")


class Component(Resource):
    """What all components have."""

    version: Version | None = Field(None, description="Version. Default: the digest of the content.")
    display_name: Annotated[Words | None, Metadata("a display name")] = Field(
        None, description="Display name; it need not be unique."
    )
    is_deterministic: Annotated[Flag | None, ServiceValue("true by default")] = Field(
        None,
        description="Whether the same inputs give the same outputs, so that a pipeline can reuse earlier results. Default: true.",
    )


class Ported(Component):
    """What those have into which anything may go."""

    inputs: dict[str, Parameter | InputPort] | None = Field(None, description="Inputs of the component, by name.")
    outputs: dict[str, OutputPort] | None = Field(None, description="Outputs of the component, by name.")
