"""A first day with Azure Machine Learning: one of each is made from local files, listed, shown, used and taken away.

Written for Azure. What it found is left in ``said.json``.
"""

import json
import os
from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, command
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import (
    AccountKeyConfiguration,
    AmlCompute,
    AzureBlobDatastore,
    CodeConfiguration,
    ComputeInstance,
    Data,
    Environment,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
)
from azure.identity import DefaultAzureCredential

ml_client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZUREML_WORKSPACE_NAME"],
)

ml_client.compute.begin_create_or_update(ComputeInstance(name="desk", size="Standard_DS3_v2")).result()
ml_client.compute.begin_create_or_update(
    AmlCompute(name="cpu", size="Standard_DS3_v2", min_instances=0, max_instances=2, idle_time_before_scale_down=180)
).result()

ml_client.datastores.create_or_update(
    AzureBlobDatastore(
        name="raw",
        description="where the records come from",
        account_name="records",
        container_name="c",
        credentials=AccountKeyConfiguration(account_key="a2V5"),
    )
)

for name, kind, path in (
    ("one-file", AssetTypes.URI_FILE, "data/rows.csv"),
    ("a-folder", AssetTypes.URI_FOLDER, "data"),
    ("a-table", AssetTypes.MLTABLE, "data"),
):
    ml_client.data.create_or_update(Data(name=name, version="1", type=kind, path=path, tags={"made": "by hand"}))

packages = ml_client.environments.create_or_update(
    Environment(name="packages", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04", conda_file="conda.yaml")
)

job = ml_client.jobs.create_or_update(
    command(
        code="src",
        command="python train.py ${{inputs.rows}} ${{inputs.factor}} ${{outputs.model}}",
        inputs={"rows": Input(type="uri_file", path="azureml:one-file:1"), "factor": 3},
        outputs={"model": Output(type="uri_folder")},
        environment=packages,
        compute="cpu",
        experiment_name="first",
        display_name="a first run",
    )
)
ml_client.jobs.stream(job.name)
ml_client.models.create_or_update(
    Model(name="sum", version="1", type="custom_model", path=f"azureml://jobs/{job.name}/outputs/model")
)

ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="sum", auth_mode="key")).result()
ml_client.online_deployments.begin_create_or_update(
    ManagedOnlineDeployment(
        name="blue",
        endpoint_name="sum",
        model="azureml:sum:1",
        environment=Environment(image="mcr.microsoft.com/azureml/minimal-ubuntu20.04-py38-cpu-inference"),
        code_configuration=CodeConfiguration(code="src", scoring_script="score.py"),
        instance_type="Standard_DS3_v2",
        instance_count=1,
    )
).result()
endpoint = ml_client.online_endpoints.get("sum")
endpoint.traffic = {"blue": 100}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()

Path("request.json").write_text(json.dumps({"x": 1}))
said = {
    "answers": [
        json.loads(ml_client.online_endpoints.invoke("sum", request_file="request.json")),
        json.loads(ml_client.online_endpoints.invoke("sum", deployment_name="blue", request_file="request.json")),
    ],
    "log": ml_client.online_deployments.get_logs("blue", "sum", lines=100),
    "computes": {
        compute.name: [compute.type, ml_client.compute.get(compute.name).provisioning_state]
        for compute in ml_client.compute.list()
    },
    "idle": ml_client.compute.get("cpu").idle_time_before_scale_down,
    "datastores": sorted(store.name for store in ml_client.datastores.list()),
    "default": ml_client.datastores.get_default().name,
    "raw": ml_client.datastores.get("raw", include_secrets=True).credentials.account_key,
    "raw, shown": getattr(ml_client.datastores.get("raw").credentials, "account_key", None),
    "data": {
        data.name: [ml_client.data.get(data.name, version="1").type, data.latest_version]
        for data in ml_client.data.list()
    },
    "tags": ml_client.data.get("one-file", label="latest").tags,
    "environments": [
        [one.version, one.image, one.conda_file["dependencies"]] for one in ml_client.environments.list(name="packages")
    ],
    "jobs": {each.name == job.name: [each.type, each.display_name, each.status] for each in ml_client.jobs.list()},
    "models": [[model.version, model.type] for model in ml_client.models.list(name="sum")],
    "endpoints": {
        one.name: [one.auth_mode, ml_client.online_endpoints.get(one.name).traffic]
        for one in ml_client.online_endpoints.list()
    },
    "deployments": [
        [one.name, one.provisioning_state, one.instance_type]
        for one in ml_client.online_deployments.list(endpoint_name="sum")
    ],
    "workspaces": [workspace.name for workspace in ml_client.workspaces.list()],
}
endpoint.traffic = {"blue": 0}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
ml_client.online_deployments.begin_delete("blue", "sum").result()
ml_client.online_endpoints.begin_delete("sum").result()
ml_client.compute.begin_delete("desk").result()
ml_client.datastores.delete("raw")
said["left"] = [
    [one.name for one in ml_client.online_endpoints.list()],
    [one.name for one in ml_client.compute.list()],
    "raw" in [one.name for one in ml_client.datastores.list()],
]
Path("said.json").write_text(json.dumps(said, default=str))
