"""The body of the job that a deployment and a request make: a pipeline, as on the service, in which one step scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.batch import BatchRequest
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Invalid
from orchestrator.workspace.job_types.pipeline import EXECUTION as PIPELINE
from orchestrator.workspace.pipeline.step_types.batch_scoring import DATA, DEFAULTS, MODEL, SCORE, TYPE

STEP: Final = "batchscoring"
"""The name of the step that scores. Source: azure-ai-ml 1.35, ``_get_batch_job_scoring_output_uri``."""

STEPS: Final = "jobs"
"""Where the steps of a pipeline stand in its body."""

_SCORING: Final = (*DEFAULTS, "environment_variables")
_OVERRIDDEN: Final = (*DEFAULTS, "instance_count", "max_retries", "timeout")
_DATA: Final = ("uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model")
_MARK: Final = "azureml.batchrun"
_MARKS: Final = {True: "azureml.batchjob", False: "azureml.pipelinejob"}
"""By what clients know jobs of batch endpoints, and whether one step scores. Source: azure-ai-ml 1.35, ``JobOperations.download``."""


def scores(deployment: Mapping[str, Any]) -> bool:
    """Whether a model scores; otherwise a pipeline does."""
    return not deployment.get("component") and not deployment.get("job_definition")


def labels(endpoint: str, deployment: str, *, scores: bool) -> dict[str, Any]:
    """Tags and properties by which clients tell such a job from other pipelines."""
    tags = {_MARK: "true", "azureml.deploymentname": deployment, "azureml.jobtype": _MARKS[scores]}
    properties = {
        "azureml.endpointname": endpoint,
        "azureml.deploymentname": deployment,
        "azureml.runsource": PIPELINE.key,
    }
    return {"tags": tags, "properties": properties}


def scoring_job(deployment: Mapping[str, Any], request: BatchRequest) -> dict[str, Any]:
    """The body of a job in which a model scores files.

    Raises:
        Invalid: the request has not one input with files, or changes what a deployment has not.
    """
    files = [value for value in request.inputs.values() if isinstance(value, Mapping) and value.get("path")]
    if len(files) != 1 or len(request.inputs) != 1:
        raise Invalid(
            f"A deployment of a model takes one input, a folder or a file; the request has {len(request.inputs) or 'none'}.",
            fix="Send one input with the path of the data.",
        )
    settings = _settings(deployment, request.settings)
    output, settings = _output(request.outputs, settings)
    code = deployment.get("code_configuration") or {}
    model = deployment.get("model")
    step = {
        **settings,
        "type": TYPE,
        "is_deterministic": False,
        "code": code.get("code"),
        "scoring_script": code.get("scoring_script"),
        "environment": deployment.get("environment"),
        "inputs": {DATA: f"${{{{parent.inputs.{DATA}}}}}", **({MODEL: _model(model)} if model else {})},
        "outputs": {SCORE: f"${{{{parent.outputs.{SCORE}}}}}"},
    }
    return {
        "type": PIPELINE.key,
        "inputs": {DATA: files[0]},
        "outputs": {SCORE: output},
        "compute": deployment.get("compute"),
        STEPS: {STEP: {name: value for name, value in step.items() if value is not None}},
    }


def _model(said: Any) -> dict[str, Any]:
    if isinstance(said, Mapping):
        return {"type": said.get("type") or "custom_model", "path": said.get("path")}
    return {"type": "custom_model", "path": said}


def _settings(deployment: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """How the deployment scores, with what the request says otherwise, and the defaults."""
    for name in changes:
        if name not in _OVERRIDDEN:
            fix = did_you_mean(name, _OVERRIDDEN, f"These can be: {', '.join(_OVERRIDDEN)}.")
            raise Invalid(f"'{name}' cannot be set for one job of a deployment.", fix=fix)
    said = {**(deployment.get("settings") or {})}
    said |= {name: deployment[name] for name in _SCORING if deployment.get(name) is not None}
    count = changes.get("instance_count") or (deployment.get("resources") or {}).get("instance_count")
    retries = {name: changes[name] for name in ("max_retries", "timeout") if changes.get(name) is not None}
    changed = {name: value for name, value in changes.items() if name in DEFAULTS}
    changed["retry_settings"] = {
        **(said.get("retry_settings") or {}),
        **(changed.get("retry_settings") or {}),
        **retries,
    }
    found = {**DEFAULTS, **said, **changed}
    return {
        **{name: found[name] for name in _SCORING if found.get(name) is not None},
        "resources": {"instance_count": count or said.get("instance_count") or 1},
    }


def _output(
    outputs: Mapping[str, Mapping[str, Any]], settings: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The folder for the predictions. A path to a file says the name of the file too."""
    said = next(iter(outputs.values()), {})
    path = str(said.get("path") or "")
    if len(outputs) > 1:
        raise Invalid("A deployment of a model has one output.", fix="Name one output, with the path of a folder.")
    if not path:
        return {"type": "uri_folder"}, settings
    if said.get("type") == "uri_file":
        path, _, file = path.rpartition("/")
        settings = {**settings, "output_file_name": file}
    return {"type": "uri_folder", "path": path.rstrip("/")}, settings


def pipeline_job(
    deployment: Mapping[str, Any], whole: Mapping[str, Any], request: BatchRequest, declared: Mapping[str, Any]
) -> dict[str, Any]:
    """The body of a job that runs a deployed pipeline.

    Args:
        whole: what is deployed: the body of the job, or a mention of the component.
        declared: the body that declares its inputs and outputs: the job's, or the component's.

    Raises:
        Invalid: the request has an input that is not declared.
    """
    given = dict(request.inputs)
    ports: Mapping[str, Any] = declared.get("inputs") or {}
    data = [name for name, port in ports.items() if _takes_data(port)]
    if len(given) == 1 and len(data) == 1 and not given.keys() & ports.keys():
        given = dict(zip(data, given.values(), strict=True))  # who sends one folder need not know its name
    for name in given:
        if ports and name.partition(".")[0] not in ports:
            fix = did_you_mean(name, ports, f"It has: {', '.join(sorted(ports))}.")
            raise Invalid(f"The pipeline has no input '{name}'.", fix=fix)
    settings = {**(whole.get("settings") or {}), **(deployment.get("settings") or {})}
    inputs = {**(whole.get("inputs") or {}), **given}
    outputs = {**(declared.get("outputs") or {}), **request.outputs}
    return {**whole, "type": PIPELINE.key, "settings": settings, "inputs": inputs, "outputs": outputs}


def _takes_data(port: Any) -> bool:
    return isinstance(port, Mapping) and (bool(port.get("path")) or port.get("type") in _DATA)
