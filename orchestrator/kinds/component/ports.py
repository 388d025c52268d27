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
    """A number, text or switch that goes into a component."""

    type: Annotated[ParameterType, EXACT]
    description: Words | None = None
    optional: Flag | None = Field(None, description="Whether a job may leave it out.")
    default: Annotated[Scalar | None, AS_TEXT] = None
    min: _Bound = None
    max: _Bound = None
    enum: list[str] | None = Field(None, description="The values that it may have.")


class InputPort(Spec):
    """Data or a model that goes into a component."""

    type: Annotated[PortType, EXACT]
    description: Words | None = None
    optional: Flag | None = Field(None, description="Whether a job may leave it out.")
    default: Annotated[str | None, AS_TEXT] = None
    mode: Annotated[Mode | None, EXACT] = None


class OutputPort(Spec):
    """Where a component leaves a result."""

    type: Annotated[PortType, EXACT]
    description: Words | None = None
    mode: Annotated[Mode | None, EXACT] = None


class AnyOutput(Spec):
    """The same, or a value for other steps of a pipeline."""

    type: Annotated[PortType | ParameterType, EXACT]
    description: Words | None = None
    mode: Annotated[Mode | None, EXACT] = None


class Component(Resource):
    """What all components have."""

    version: Version | None = Field(None, description="Pins the version (default: the digest of the content).")
    display_name: Annotated[Words | None, Metadata("a display name")] = None
    is_deterministic: Annotated[Flag | None, ServiceValue("true unless said")] = Field(
        None, description="Whether the same inputs give the same outputs, so that a pipeline may use an earlier result."
    )


class Ported(Component):
    """What those have into which anything may go."""

    inputs: dict[str, Parameter | InputPort] | None = None
    outputs: dict[str, OutputPort] | None = None
