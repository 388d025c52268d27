"""Deployments of batch endpoints: a model with the code around it, or a pipeline component, and how it goes through data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_RECORD, Behaviour
from orchestrator.core.bodies import (
    ANY_CASE,
    AS_SECONDS,
    AS_TEXT,
    CAMEL,
    DATA_FILES,
    Environ,
    JobResources,
    Properties,
    Resource,
    Whole,
)
from orchestrator.core.environment_bodies import EnvironmentRef
from orchestrator.core.field_mark import Alias, Computed, Ref, ServiceValue, WriteOnly
from orchestrator.core.folds import bare_resource_name
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.rules import inline_environment_problems
from orchestrator.core.served import CodeConfiguration, ServedModel
from orchestrator.core.wire import RecordWire
from orchestrator.core.wire_shape import WireShape

_FILLED: Final = ServiceValue("set by the service")
_MADE_COMPONENT: Final = WriteOnly("the client makes a component of the job, and the service keeps that")
_Type = Annotated[Literal["model", "pipeline"] | None, ANY_CASE, CAMEL, ServiceValue("follows from the other fields")]


class InlineModel(ServedModel):
    """An anonymous model."""

    path: Annotated[str, DATA_FILES, Ref("made from it", kind="models")] = Field(
        description="A local path, a URL, a datastore path or a job's output."
    )


class RetrySettings(Spec):
    """Retries of a mini-batch."""

    max_retries: Whole | None = Field(
        None, ge=0, description="Number of retries of a mini-batch that failed or timed out. Default: 3."
    )
    timeout: Annotated[Whole | None, AS_SECONDS] = Field(
        None, ge=1, description="Maximum time to score a mini-batch, in seconds. Default: 30."
    )


class Scoring(Spec):
    """How data is split, scored and written."""

    mini_batch_size: Annotated[Whole | None, _FILLED] = Field(
        None, ge=1, description="Number of files passed to one call of run(). Default: 10."
    )
    max_concurrency_per_instance: Annotated[Whole | None, _FILLED] = Field(
        None, ge=1, description="Number of parallel scoring processes on each instance. Default: 1."
    )
    output_action: Annotated[Literal["append_row", "summary_only"] | None, ANY_CASE, _FILLED] = Field(
        None,
        description="append_row: one file with the results of run(); summary_only: the script writes its files. Default: append_row.",
    )
    output_file_name: Annotated[str | None, _FILLED] = Field(
        None, description="Name of the append_row file. Default: predictions.csv."
    )
    retry_settings: Annotated[RetrySettings | None, _FILLED] = Field(
        None, description="Retries and time-out of a mini-batch."
    )
    error_threshold: Annotated[Whole | None, _FILLED] = Field(
        None,
        ge=-1,
        description="Number of failed files after which the job fails; -1 ignores all failures. Default: -1.",
    )
    logging_level: Annotated[str | None, ANY_CASE, _FILLED] = Field(
        None, description="Log level: debug, info or warning. Default: info."
    )
    environment_variables: Annotated[Environ | None, _FILLED] = Field(
        None, description="Environment variables of the scoring script: name to value."
    )


class ScoringSettings(Scoring):
    """Scoring settings with the number of instances."""

    mini_batch_size: Annotated[Whole, _FILLED] = Field(ge=1, description="Number of files passed to one call of run().")
    instance_count: Annotated[Whole | None, _FILLED] = Field(None, ge=1, description="Number of nodes. Default: 1.")


class BatchDeployment(Resource):
    """What all batch deployments have."""

    endpoint_name: str | None = Field(
        None, description="Endpoint that contains the deployment. Optional: it follows from the place in the spec."
    )
    type: _Type = Field(None, description="model or pipeline. Default: follows from the other fields.")
    provisioning_state: Annotated[str | None, Computed("read-only status of the deployment")] = Field(
        None, description="Read-only: provisioning state of the deployment."
    )


class ModelDeployment(BatchDeployment):
    """What deployments of a model have."""

    properties: Properties | None = Field(None, description="Properties: key-value pairs for programs.")
    model: Annotated[str, Ref("what scores", kind="models")] | InlineModel | None = Field(
        None, description="azureml:NAME:VERSION, or an inline model."
    )
    code_configuration: CodeConfiguration | None = Field(None, description="Scoring code. MLflow models need none.")
    environment: EnvironmentRef | None = Field(
        None, description="azureml:NAME:VERSION, or an inline environment. MLflow models need none."
    )
    compute: Annotated[
        str | None,
        Ref("where it scores", kind="compute", cascades=False, bare=True),
        Alias("the azureml: prefix and the case of a compute's name are ignored", fold=bare_resource_name),
    ] = Field(None, description="azureml:NAME of the compute cluster that scores.")
    resources: Annotated[JobResources | None, _FILLED] = Field(None, description="Number and size of the nodes.")


class ModelBatchDeployment(ModelDeployment, Scoring):
    """A deployment of a model, with the scoring settings at the top level."""


class SettledBatchDeployment(ModelDeployment):
    """A deployment of a model, with the scoring settings under ``settings``."""

    compute: Annotated[
        str,
        Ref("where it scores", kind="compute", cascades=False, bare=True),
        Alias("the azureml: prefix and the case of a compute's name are ignored", fold=bare_resource_name),
    ] = Field(description="azureml:NAME of the compute cluster that scores.")
    settings: ScoringSettings = Field(description="Settings of scoring.")
    error_threshold: Annotated[Whole | None, _FILLED] = Field(
        None,
        ge=-1,
        description="Number of failed files after which the job fails; -1 ignores all failures. Default: -1.",
    )


class PipelineBatchDeployment(BatchDeployment):
    """A deployment of a pipeline component, or of the pipeline of a job."""

    component: Annotated[str | None, Ref("what scores", kind="components")] = Field(
        None, description="azureml:NAME:VERSION of a pipeline component."
    )
    job_definition: Annotated[str | None, Ref("what scores", kind="jobs"), _MADE_COMPONENT] = Field(
        None, description="azureml:NAME of a job whose pipeline is deployed."
    )
    settings: dict[str, Annotated[Any, AS_TEXT]] | None = Field(
        None, description="Settings of the pipeline job, such as default_compute and continue_on_step_failure."
    )


def _variant(body: Mapping[str, Any]) -> str:
    if str(body.get("type")).lower() == "pipeline" or "component" in body or "job_definition" in body:
        return "pipeline"
    return "settings" if isinstance(body.get("settings"), Mapping) else "model"


def _problems(variant: str, body: Mapping[str, Any]) -> Iterable[BodyProblem]:
    yield from inline_environment_problems(body)
    code = body.get("code_configuration")
    if isinstance(code, Mapping) and not code.get("scoring_script"):
        yield BodyProblem(
            ("code_configuration",),
            "missing-field",
            "A deployment with code needs 'scoring_script', the file whose init() and run() score.",
            "Add 'scoring_script: batch_driver.py'.",
        )
    count = (body.get("settings") or {}).get("instance_count") if variant == "settings" else None
    if count and body.get("resources"):
        yield BodyProblem(
            ("settings", "instance_count"),
            "invalid-value",
            "'settings.instance_count' and 'resources' both say how many instances there are; azure-ai-ml takes one of them.",
            "Write 'resources: {instance_count: …}' only.",
        )


_NAMES: Final = {
    "model": "model.assetId",
    "environment": "environmentId",
    "code_configuration.code": "codeConfiguration.codeId",
}
_BESIDE: Final = {"model.assetId": {"model.referenceType": "Id"}}
_COMPONENT: Final = "deploymentConfiguration.componentId.assetId"
_SHAPES: Final = {
    "model": WireShape(
        ModelBatchDeployment,
        names=_NAMES,
        words=frozenset({"output_action"}),
        unsent=frozenset({"type"}),
        beside=_BESIDE,
    ),
    "pipeline": WireShape(
        PipelineBatchDeployment,
        names={"component": _COMPONENT, "settings": "deploymentConfiguration.settings"},
        unsent=frozenset({"type", "job_definition"}),
        beside={
            _COMPONENT: {
                "deploymentConfiguration.componentId.referenceType": "Id",
                "deploymentConfiguration.deploymentConfigurationType": "PipelineComponent",
            }
        },
    ),
}


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    variant = _variant(body)
    if variant != "settings":
        return _SHAPES[variant].properties(body)
    settings = dict(body["settings"])
    count = settings.pop("instance_count", None)
    rest = {name: value for name, value in body.items() if name != "settings"}
    return _SHAPES["model"].properties(
        {**({"resources": {"instance_count": count}} if count else {}), **rest, **settings}
    )


def _body(properties: Mapping[str, Any]) -> dict[str, Any]:
    variant = "pipeline" if properties.get("deploymentConfiguration") else "model"
    return {**_SHAPES[variant].body(properties), "type": variant}


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    """A document without a type is an entity that warns of itself; with one it sends the same. Source: azure-ai-ml, ``BatchDeployment``."""
    if _variant(body) != "model" or body.get("type"):
        return body
    return {"environment_variables": {}, **body, "type": "model"}


def _returned(body: dict[str, Any]) -> dict[str, Any]:
    """The service keeps one form: how a model scores comes back beside it and under ``settings``, whichever a spec has."""
    if body.get("type") != "model":
        return body
    settings = {name: body[name] for name in Scoring.model_fields if name in body}
    count = (body.get("resources") or {}).get("instance_count")
    return {**body, "settings": {**settings, **({"instance_count": count} if count else {})}}


_READER: Final = "_deployment.batch."

KIND: Final = Kind(
    key="batch_endpoints.deployments",
    title="batch deployment",
    identity=Identity.NAMED,
    variants={"model": ModelBatchDeployment, "settings": SettledBatchDeployment, "pipeline": PipelineBatchDeployment},
    variant=_variant,
    name=NameRule(
        r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]",
        "3 to 32 letters, digits and '-'; starts with a letter and does not end with '-'",
        "Azure ML documentation, limits of batch endpoints",
    ),
    azure=AzureBinding(
        "batch_deployments",
        loader="load_batch_deployment",
        tracked=True,
        create="begin_create_or_update",
        remove="begin_delete",
        driver="written",
        for_loader=_for_loader,
        returned=_returned,
        loaders={"settings": "load_model_batch_deployment", "pipeline": "load_pipeline_component_batch_deployment"},
        readers={
            "model": f"{_READER}batch_deployment:BatchDeploymentSchema",
            "settings": f"{_READER}model_batch_deployment:ModelBatchDeploymentSchema",
            "pipeline": f"{_READER}pipeline_component_batch_deployment_schema:PipelineComponentBatchDeploymentSchema",
        },
    ),
    behaviour=Behaviour(timeout_s=7_200.0, rank=1, instant=True, tested_alone=False),
    local=replace(LOCAL_RECORD, reveals=True),
    wire=RecordWire(
        collection="batchEndpoints",
        part="deployments",
        properties=_properties,
        body=_body,
        given={"provisioningState": "Succeeded"},
        ids={
            "model.assetId": "models",
            "environmentId": "environments",
            "codeConfiguration.codeId": "codes",
            "compute": "computes",
            _COMPONENT: "components",
        },
    ),
    source="Azure ML CLI v2 YAML reference: batch deployment",
    schemas=("batchDeployment", "modelBatchDeployment", "pipelineComponentBatchDeployment"),
    shape=(
        "endpoint_name",
        "code_configuration",
        "mini_batch_size",
        "max_concurrency_per_instance",
        "output_action",
        "error_threshold",
        "job_definition",
        "settings",
    ),
    removal=Removal.DELETE,
    nests={"environment": "environments", "model": "models"},
    problems=_problems,
    attributes=("id", "name"),
)
