"""What environments are made of, as resources of their own and inside jobs and deployments."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import ANY_CASE, CODE_FILES, TEXT_FILE, UPLOADED_TO, Resource, Text, Version, Words
from orchestrator.core.field_mark import Computed, Ref
from orchestrator.core.kind import Spec
from orchestrator.core.routes import InferenceConfig


class BuildContext(Spec):
    """A Docker build context: a folder with a Dockerfile."""

    path: Annotated[str, replace(CODE_FILES, entry="dockerfile_path", usual="Dockerfile")] = Field(
        description="Folder of the build context."
    )
    dockerfile_path: str | None = Field(
        None, description="Path of the Dockerfile in the build context. Default: Dockerfile."
    )


class EnvironmentContent(Spec):
    """The content of an environment: an image, packages on top of it, or a Docker build context."""

    image: str | None = Field(
        None, description="Container image, such as mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04."
    )
    conda_file: Annotated[str, replace(TEXT_FILE, conda=True)] | dict[str, Any] | None = Field(
        None, description="Path of a conda file, or its content. Its packages are installed on top of image."
    )
    build: BuildContext | None = Field(
        None, description="Docker build context. Mutually exclusive with image and conda_file."
    )
    inference_config: InferenceConfig | None = Field(
        None, description="Routes of the scoring server that the image contains."
    )
    datastore: Annotated[str | None, UPLOADED_TO] = Field(
        None,
        description="azureml:NAME of the datastore for the build context. Default: the default datastore.",
    )
    os_type: Annotated[Literal["linux", "windows", "Linux", "Windows"] | None, ANY_CASE] = Field(
        None, description="Operating system of the image. Default: linux."
    )


_NOT_KEPT: Final = Computed("an environment inside another resource keeps no labels")


class InlineEnvironment(EnvironmentContent, Resource):
    """An anonymous environment, inside a job or deployment: azure-ai-ml names it itself and keeps none of its labels."""

    schema_: Annotated[str | None, _NOT_KEPT] = Field(
        None, alias="$schema", description="URL of the CLI v2 schema; editors use it, amlctl ignores it."
    )
    name: Annotated[str | None, _NOT_KEPT] = Field(
        None, description="Name, for readers of the document. The environment is anonymous."
    )
    description: Annotated[Words | None, _NOT_KEPT] = Field(
        None, description="Description, for readers of the document."
    )
    tags: Annotated[dict[str, Text | None] | None, _NOT_KEPT] = Field(
        None, description="Tags, for readers of the document."
    )
    version: Version | None = Field(None, description="Version of the anonymous environment. Usually omitted.")


EnvironmentRef: TypeAlias = Annotated[str, Ref("runs in it", kind="environments")] | InlineEnvironment
