"""Why Azure would refuse a deployment after minutes of building: told when planning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.backends.scoring_script import unusable
from orchestrator.core.address import Address
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired
from orchestrator.core.value import Reference

_NO_CODE: Final = ("mlflow_model", "triton_model")
"""Source: Azure ML documentation, no-code deployment."""

_ADD: Final = "Add 'code_configuration' and 'environment', or write `type: mlflow_model` in the model if it is one."


def unservable(desired: Desired, resources: Mapping[Address, Desired]) -> Iterator[Refusal]:
    """Reasons in a deployment's body, and in those of the resources of the spec that it mentions."""
    body = desired.properties
    yield from unusable(body, _body(body.get("environment"), resources))
    if body.get("environment") is not None or body.get("code_configuration") is not None:
        return
    if body.get("model") is None:
        yield Refusal("it has no model, scoring script or environment", (), _ADD)
        return
    model = _body(body["model"], resources)
    if isinstance(model, Mapping) and model.get("type") is None:
        reason = "its model has no type, so Azure treats it as a custom model, which requires an environment and a scoring script"
        yield Refusal(reason, ("model",), _ADD)
    elif isinstance(model, Mapping) and model["type"] not in _NO_CODE:
        yield Refusal("a custom model requires an environment and a scoring script", ("model",), _ADD)


def _body(value: Any, resources: Mapping[Address, Desired]) -> Any:
    """What a mention stands for; itself if it is none, or is not of this spec."""
    named = resources.get(value.target) if isinstance(value, Reference) else None
    return value if named is None else named.properties
