"""Environments: what code runs in, with versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import Field

from orchestrator.core.bodies import EnvironmentContent, Resource, Version
from orchestrator.core.kind import (
    AzureBinding,
    Behaviour,
    BodyProblem,
    Identity,
    Kind,
    LocalBinding,
)
from orchestrator.core.resource import Removal
from orchestrator.core.rules import asset_name


class EnvironmentBody(EnvironmentContent, Resource):
    """An environment: an image, a conda file on top of an image, or a folder with a Dockerfile."""

    version: Version | None = Field(
        None, description="Pins the version; without it the content's digest is the version."
    )


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    if not any(body.get(key) for key in ("image", "build", "conda_file")):
        yield BodyProblem(
            (),
            "missing-field",
            "An environment needs 'image', 'conda_file' with 'image', or 'build'; this one has none of them, and the "
            "service would refuse it when the first job starts.",
            "Name a container image under 'image', or a folder with a Dockerfile under 'build: {path: …}'.",
        )
    for other in ("image", "conda_file"):
        if body.get("build") and body.get(other):
            yield BodyProblem(
                (other,),
                "invalid-value",
                f"'build' makes the whole image, so '{other}' beside it has no meaning.",
                f"Remove '{other}' or 'build'.",
            )


KIND: Final = Kind(
    key="environments",
    title="environment",
    identity=Identity.VERSIONED,
    variants={"": EnvironmentBody},
    name=asset_name("environments"),
    azure=AzureBinding("environments", "load_environment", "create_or_update", "archive"),
    local=LocalBinding(Behaviour.ASSET),
    source="Azure ML CLI v2 YAML reference: environment",
    schemas=("environment",),
    shape=("image", "conda_file", "build"),
    removal=Removal.ARCHIVE,
    problems=_problems,
    attributes=("id", "name", "version"),
)
