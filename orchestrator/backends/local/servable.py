"""What a deployment is served from and with, as far as that can be known before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.backends.local.mentioned import Mentioned, Mentions
from orchestrator.core.errors import BackendError
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired
from orchestrator.core.value import LocalFiles, Reference
from orchestrator.workspace.service import SCHEME, mlflow_folder, record_kinds

_SCORE: Final = "/score"
_ADD: Final = "Add 'model', or 'code_configuration' with code and scoring_script."
_SCRIPT: Final = "Add code_configuration with code and scoring_script, or serve an MLflow model."


def has_script(body: Mapping[str, Any]) -> bool:
    """Whether a deployment brings a scoring script."""
    code = body.get("code_configuration")
    return isinstance(code, Mapping) and bool(code.get("scoring_script"))


def unservable(desired: Desired, mentions: Mentions, kept: Callable[[str], Path]) -> Iterator[Refusal]:
    """Why a deployment can never answer here: a container with a server of its own, nothing to serve, or no MLflow model."""
    body = desired.properties
    container = own_server(body.get("environment"), mentions)
    if container is not None and not (has_script(body) and container == _SCORE):
        yield Refusal(
            "its environment is a custom container (inference_config), which is not supported there",
            ("environment",),
            "Serve the model with a scoring script or as an MLflow model, or choose another target.",
        )
    elif has_script(body):
        return
    elif body.get("model") is None:
        yield Refusal("it has neither a model nor a scoring script", (), _ADD)
    else:
        place = None if _triton(body["model"], mentions) else model_place(body["model"], mentions, kept)
        if place is not None and mlflow_folder(place) is None:
            yield Refusal("its model has no MLmodel file, so it requires a scoring script", ("model",), _SCRIPT)


def _triton(model: Any, mentions: Mentions) -> bool:
    """Whether a model is one for NVIDIA's server, which is told elsewhere."""
    if isinstance(model, Reference):
        found = mentions.find(model)
        return found is not None and found.variant == "triton_model"
    return isinstance(model, Mapping) and model.get("type") == "triton_model"


def own_server(environment: Any, mentions: Mentions) -> str | None:
    """The path at which an environment's own server answers; None if it says nothing of one."""
    found = mentions.find(environment) if isinstance(environment, Reference) else None
    body = found.body if found is not None else environment
    config = body.get("inference_config") if isinstance(body, Mapping) else None
    if not isinstance(config, Mapping):
        return None
    route = config.get("scoring_route")
    return str(route.get("path") or _SCORE) if isinstance(route, Mapping) else _SCORE


def model_place(model: Any, mentions: Mentions, kept: Callable[[str], Path]) -> Path | None:
    """Where a deployment's model lies now; None if only the apply makes it, or it is not on this machine."""
    path: Any = model.get("path") if isinstance(model, Mapping) else model
    for _ in range(2):
        if not isinstance(path, Reference):
            break
        found: Mentioned | None = mentions.find(path) if path.target.section == record_kinds.MODELS else None
        path = found.body.get("path") if found is not None else None
    if isinstance(path, LocalFiles):
        return path.path if path.path.exists() else None
    if isinstance(path, str) and path.startswith(SCHEME):
        try:
            return kept(path.removeprefix(SCHEME))
        except (BackendError, ValueError):
            return None
    return None
