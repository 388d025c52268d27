"""AutoML from a table to an answer: classification, the best model registered, deployed and asked.

Written for Azure. What it found is left in ``said.json``.
"""

import json
import os
from pathlib import Path

from azure.ai.ml import Input, MLClient, automl
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import (
    AmlCompute,
    Data,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
    OnlineRequestSettings,
)
from azure.identity import DefaultAzureCredential

ml_client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZUREML_WORKSPACE_NAME"],
)
ml_client.compute.begin_create_or_update(AmlCompute(name="cpu", size="Standard_DS3_v2", max_instances=1)).result()
ml_client.data.create_or_update(Data(name="flowers", version="1", type=AssetTypes.MLTABLE, path="./table"))
job = automl.classification(
    compute="cpu",
    experiment_name="flowers",
    training_data=Input(type="mltable", path="azureml:flowers:1"),
    target_column_name="kind",
    primary_metric="accuracy",
    n_cross_validations=2,
)
job.set_limits(timeout_minutes=3, trial_timeout_minutes=1, max_trials=2, max_concurrent_trials=1)
job.set_training(allowed_training_algorithms=["random_forest"])
job = ml_client.jobs.create_or_update(job)
ml_client.jobs.stream(job.name)
ml_client.jobs.download(job.name, output_name="best_model", download_path="./got")
ml_client.models.create_or_update(
    Model(name="flowers", version="1", type="mlflow_model", path=f"azureml://jobs/{job.name}/outputs/best_model")
)
ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="flowers", auth_mode="key")).result()
ml_client.online_deployments.begin_create_or_update(
    ManagedOnlineDeployment(
        name="blue",
        endpoint_name="flowers",
        model="azureml:flowers:1",
        instance_type="Standard_DS2_v2",
        instance_count=1,
        request_settings=OnlineRequestSettings(request_timeout_ms=90000),  # a busy machine
    )
).result()
endpoint = ml_client.online_endpoints.get("flowers")
endpoint.traffic = {"blue": 100}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
Path("request.json").write_text(
    json.dumps({"input_data": {"columns": ["a", "b"], "index": [0, 1], "data": [[0.1, 0.2], [5.1, 5.2]]}})
)
said = {
    "status": ml_client.jobs.get(job.name).status,
    "downloaded": len(list(Path("got").rglob("MLmodel"))),
    "answer": ml_client.online_endpoints.invoke("flowers", request_file="request.json"),
}
ml_client.online_endpoints.begin_delete("flowers").wait()
said["left"] = [one.name for one in ml_client.online_endpoints.list()]
Path("said.json").write_text(json.dumps(said))
