"""AutoML on numbers: a regression and a forecast, both deployed behind one endpoint and asked.

Written for Azure. What it found is left in ``said.json``.
"""

import json
import os
from pathlib import Path

from azure.ai.ml import Input, MLClient, automl
from azure.ai.ml.entities import (
    AmlCompute,
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
ml_client.compute.begin_create_or_update(AmlCompute(name="cpu", size="Standard_DS3_v2", max_instances=2)).result()

line = automl.regression(
    compute="cpu",
    experiment_name="line",
    training_data=Input(type="mltable", path="./line"),
    target_column_name="y",
    primary_metric="r2_score",
    n_cross_validations=2,
)
line.set_training(allowed_training_algorithms=["decision_tree"])
week = automl.forecasting(
    compute="cpu",
    experiment_name="week",
    training_data=Input(type="mltable", path="./week"),
    target_column_name="sales",
    primary_metric="normalized_root_mean_squared_error",
    n_cross_validations=2,
)
week.set_forecast_settings(time_column_name="day", forecast_horizon=7)
jobs = {}
for name, job in (("line", line), ("week", week)):
    job.set_limits(timeout_minutes=3, trial_timeout_minutes=1, max_trials=2, max_concurrent_trials=1)
    jobs[name] = ml_client.jobs.create_or_update(job)

ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="numbers", auth_mode="key")).result()
for name, job in jobs.items():
    ml_client.jobs.stream(job.name)
    ml_client.models.create_or_update(
        Model(name=name, version="1", type="mlflow_model", path=f"azureml://jobs/{job.name}/outputs/best_model")
    )
    ml_client.online_deployments.begin_create_or_update(
        ManagedOnlineDeployment(
            name=name,
            endpoint_name="numbers",
            model=f"azureml:{name}:1",
            instance_type="Standard_DS2_v2",
            instance_count=1,
            request_settings=OnlineRequestSettings(request_timeout_ms=90000),  # a busy machine
        )
    ).result()

said = {"status": {name: ml_client.jobs.get(job.name).status for name, job in jobs.items()}}
for name in jobs:
    answer = ml_client.online_endpoints.invoke("numbers", deployment_name=name, request_file=f"{name}.json")
    said[name] = json.loads(answer)
Path("said.json").write_text(json.dumps(said))
