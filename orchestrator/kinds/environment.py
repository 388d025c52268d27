"""Environments: what code runs in, with versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_ASSET, WRITTEN
from orchestrator.core.bodies import Resource, Version
from orchestrator.core.environment_bodies import EnvironmentContent
from orchestrator.core.kind import (
    AzureBinding,
    BodyProblem,
    Identity,
    Kind,
)
from orchestrator.core.resource import Removal
from orchestrator.core.rules import asset_name, environment_problems


class EnvironmentBody(EnvironmentContent, Resource):
    """An environment: an image, a conda file on top of an image, or a folder with a Dockerfile."""

    version: Version | None = Field(None, description="Version. Default: the digest of the content.")


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    yield from environment_problems(body, ())


def _returned(body: dict[str, Any]) -> dict[str, Any]:
    """Conda text comes back as JSON text, an environment without conda with an empty one. Source: recordings."""
    conda = body.get("conda_file")
    if conda == "":
        body.pop("conda_file")
    elif isinstance(conda, str) and conda.lstrip().startswith("{"):
        try:
            body["conda_file"] = json.loads(conda)
        except ValueError:
            return body
    return body


_NAMELESS: Final = r"(?i)azureml:(?:CliV2AnonymousEnvironment|azureml_anonymous)[^:]*:"
"""Names that the client gives to environments written inside a job or deployment. Source: azure-ai-ml, ``ANONYMOUS_ENV_NAME``."""

KIND: Final = Kind(
    key="environments",
    order=40,
    title="environment",
    identity=Identity.VERSIONED,
    variants={"": EnvironmentBody},
    name=asset_name("environments"),
    azure=AzureBinding(
        "environments",
        loader="load_environment",
        create="create_or_update",
        remove="archive",
        driver="assets",
        versions=("_version_operations", "Environment"),
        anonymous=_NAMELESS,
        inline=("image", "conda_file", "build", "inference_config"),
        returned=_returned,
        readers={"": "assets.environment:EnvironmentSchema"},
    ),
    behaviour=WRITTEN,
    local=replace(LOCAL_ASSET, ready_made=True),
    source="Azure ML CLI v2 YAML reference: environment",
    schemas=("environment",),
    shape=("image", "conda_file", "build"),
    removal=Removal.ARCHIVE,
    problems=_problems,
    attributes=("id", "name", "version"),
)
