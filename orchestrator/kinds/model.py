"""Models: what a training leaves behind, with versions."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from orchestrator.core.behaviour import LOCAL_ASSET, WRITTEN
from orchestrator.core.bodies import DATA_FILES, FileAsset, Version
from orchestrator.core.field_mark import Computed, Metadata, Ref, ServiceValue
from orchestrator.core.kind import AzureBinding, Identity, Kind, Spec
from orchestrator.core.resource import Removal
from orchestrator.core.rules import asset_name, variant_by_type


class DeploymentTemplate(Spec):
    """A deployment template of a registry."""

    asset_id: str | None = Field(None, description="Asset ID of the deployment template.")


class ModelBody(FileAsset):
    """A model."""

    type: Literal["custom_model", "mlflow_model", "triton_model"] | None = Field(
        None, description="Format of the model. Default: custom_model."
    )
    path: Annotated[str, DATA_FILES, Ref("made from it", kind="models")] = Field(
        description="A local path, a job's output (azureml://jobs/NAME/outputs/OUT) or a path on a datastore."
    )
    version: Version | None = Field(None, description="Version. Default: the next number.")
    flavors: Annotated[dict[str, dict[str, Any]] | None, ServiceValue("returned empty unless the spec sets it")] = (
        Field(None, description="MLflow flavors of the model, by name.")
    )
    stage: Annotated[str | None, Metadata("a label of the registry"), ServiceValue("Development by default")] = Field(
        None, description="Stage of the model, such as Development or Production. Default: Development."
    )
    default_deployment_template: Annotated[DeploymentTemplate | None, Metadata("a proposal for deployments")] = Field(
        None, description="Deployment template used by default to deploy the model."
    )
    latest_version: Annotated[str | None, Computed("read-only status of the registry")] = Field(
        None, description="Read-only: latest version of the model."
    )
    job_name: Annotated[str | None, Computed("set by the service for models created by jobs")] = Field(
        None, description="Read-only: job that created the model."
    )


class CustomModel(ModelBody):
    """Files in any format. Default if the body has no type."""

    type: Literal["custom_model"] | None = Field(None, description="custom_model: files in any format (default).")


class MlflowModel(ModelBody):
    """A folder with an ``MLmodel`` file."""

    type: Literal["mlflow_model"] = Field(description="mlflow_model: a folder with an MLmodel file.")


class TritonModel(ModelBody):
    """A model repository of NVIDIA Triton Inference Server."""

    type: Literal["triton_model"] = Field(
        description="triton_model: a model repository of NVIDIA Triton Inference Server."
    )


_NAMELESS: Final = r"azureml:(?:[0-9a-f]{64}|[0-9a-f]{32}):[^:]+"
"""The name that the client gives to a model without one: a digest of its files, in older versions a shorter one.
Source: azure-ai-ml, ``Model.__init__``; 1.27."""

_FORMS: Final[dict[str, type[Spec]]] = {
    "custom_model": CustomModel,
    "mlflow_model": MlflowModel,
    "triton_model": TritonModel,
}

KIND: Final = Kind(
    key="models",
    order=50,
    title="model",
    identity=Identity.VERSIONED,
    variants=_FORMS,
    variant=variant_by_type("custom_model"),
    name=asset_name("models"),
    azure=AzureBinding(
        "models",
        loader="load_model",
        create="create_or_update",
        remove="archive",
        driver="assets",
        versions=("_model_versions_operation", "Model"),
        anonymous=_NAMELESS,
        inline=("type", "path", "version", "description", "tags", "properties", "flavors"),
        readers=dict.fromkeys(_FORMS, "assets.model:ModelSchema"),
    ),
    behaviour=WRITTEN,
    local=LOCAL_ASSET,
    source="Azure ML CLI v2 YAML reference: model",
    schemas=("model.schema", "asset/model", "/model."),
    shape=("flavors",),
    removal=Removal.ARCHIVE,
    numbered=True,  # source: MLflow's model registry clients parse a version as an integer
    unsupported_fields=("gate",),
    attributes=("id", "name", "version", "path"),
)
