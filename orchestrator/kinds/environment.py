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
from orchestrator.core.rules import asset_name, environment_problems


class EnvironmentBody(EnvironmentContent, Resource):
    """An environment: an image, a conda file on top of an image, or a folder with a Dockerfile."""

    version: Version | None = Field(
        None, description="Pins the version; without it the content's digest is the version."
    )


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    yield from environment_problems(body, ())


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
