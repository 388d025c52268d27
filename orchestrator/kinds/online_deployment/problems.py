"""What is wrong with a deployment of the right shape: by itself, and beside the model that it mentions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.kind import BodyProblem
from orchestrator.core.resource import Desired
from orchestrator.core.rules import inline_environment_problems
from orchestrator.core.tree import value_at
from orchestrator.core.value import LocalFiles, Reference


def problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    """See `Kind.problems`."""
    yield from inline_environment_problems(body)
    yield from _too_slow(variant, body)
    code = body.get("code_configuration")
    if isinstance(code, Mapping) and not code.get("scoring_script"):
        yield BodyProblem(
            ("code_configuration",),
            "missing-field",
            "A deployment with code requires 'scoring_script', the file with init() and run().",
            "Add 'scoring_script: score.py'.",
        )
    if isinstance(code, Mapping) and not body.get("environment"):
        yield BodyProblem(("code_configuration",), "missing-field", _NOWHERE_TO_RUN, _NAME_ONE)


_NOWHERE_TO_RUN: Final = (
    "A deployment with a scoring script requires 'environment'. "
    "Only MLflow and Triton models without a scoring script include one."
)
_NAME_ONE: Final = "Add 'environment: azureml:NAME@latest', or define it inline with 'image' and 'conda_file'."
"""Source: Azure ML documentation, deploy models to online endpoints: no-code deployment is for MLflow and Triton models."""


def unfit(desired: Desired, resources: Mapping[Address, Desired]) -> Iterable[BodyProblem]:
    """A model of one's own without an environment, whether it is written in place or mentioned."""
    body = desired.properties
    model = body.get("model")
    if body.get("environment") or body.get("code_configuration") or model is None:
        return
    if isinstance(model, Reference):
        named = resources.get(model.target)
        model = named.properties if named is not None else None
    if isinstance(model, Mapping) and _custom(model):
        yield BodyProblem(
            ("model",),
            "missing-field",
            "A custom model requires 'code_configuration' and 'environment'; only MLflow and Triton models can be deployed without them.",
            "Add both, or set `type: mlflow_model` in the model if it is an MLflow model.",
        )


def _custom(model: Mapping[str, Any]) -> bool:
    """Whether a model is certainly one of the user's own. One that says no type may hold an MLmodel file that cannot be seen yet."""
    kind, files = model.get("type"), model.get("path")
    if kind is None:
        names = {name.rpartition("/")[2] for name in files.manifest} if isinstance(files, LocalFiles) else set()
        return bool(names) and "MLmodel" not in names
    return isinstance(kind, str) and kind.lower() == "custom_model"


LONGEST_REQUEST_MS: Final = {"managed": 180_000, "kubernetes": 300_000}
"""Source: Azure ML documentation, limits of online endpoints."""


def _too_slow(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    bound = value_at(body, ("request_settings", "request_timeout_ms"))
    longest = LONGEST_REQUEST_MS.get(variant)
    if type(bound) is int and longest is not None and bound > longest:
        yield BodyProblem(
            ("request_settings", "request_timeout_ms"),
            "invalid-value",
            f"request_timeout_ms is {bound}; the maximum is {longest}.",
            f"Set at most {longest}.",
        )
