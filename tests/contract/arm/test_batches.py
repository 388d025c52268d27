"""Batch endpoints by the real client, as programs written for Azure use them: invoked, followed, listed, downloaded."""

from __future__ import annotations

import re
import time
from ast import literal_eval
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.batch import BatchRequest, settled
from orchestrator.core.ports import Cancellation, SystemClock
from orchestrator.kinds import discover
from tests.contract.served import served_choice

SCRIPT = """
import os, pathlib
def init():
    global words
    words = pathlib.Path(os.environ["AZUREML_MODEL_DIR"], "words", "say.txt").read_text()
def run(mini_batch):
    return [f"{pathlib.Path(file).name} {words} {len(mini_batch)} {os.environ['TONE']}" for file in mini_batch]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Code, a model without and one with MLflow's description, and data."""
    sklearn, mlflow = pytest.importorskip("sklearn.linear_model"), pytest.importorskip("mlflow.sklearn")
    import pandas as pd

    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "driver.py").write_text(SCRIPT)
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "say.txt").write_text("hello")
    frame = pd.DataFrame({"age": [20, 30, 60, 70], "ill": [0, 0, 1, 1]})
    fitted = sklearn.LogisticRegression().fit(frame[["age"]], frame["ill"])
    mlflow.save_model(fitted, tmp_path / "model", input_example=frame[["age"]], pip_requirements=[])
    for part, ages in enumerate(([25, 65], [68])):
        (tmp_path / "data").mkdir(exist_ok=True)
        pd.DataFrame({"age": ages}).to_csv(tmp_path / "data" / f"part-{part}.csv", index=False)
    return tmp_path


def test_a_model_without_a_script_scores_a_data_asset(client: Any, folder: Path, capfd: Any) -> None:
    from azure.ai.ml import Input
    from azure.ai.ml.constants import BatchDeploymentOutputAction
    from azure.ai.ml.entities import (
        AmlCompute,
        BatchEndpoint,
        BatchRetrySettings,
        CodeConfiguration,
        Data,
        Environment,
        Model,
        ModelBatchDeployment,
        ModelBatchDeploymentSettings,
    )

    client.compute.begin_create_or_update(AmlCompute(name="cluster", max_instances=2)).result()
    model = client.models.create_or_update(Model(name="ill", path=str(folder / "model"), type="mlflow_model"))
    data = client.data.create_or_update(Data(name="people", path=str(folder / "data"), type="uri_folder"))
    endpoint = client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="ill-batch")).result()
    settings = ModelBatchDeploymentSettings(
        mini_batch_size=1,
        instance_count=1,
        max_concurrency_per_instance=1,
        output_action=BatchDeploymentOutputAction.APPEND_ROW,
        output_file_name="predictions.csv",
        retry_settings=BatchRetrySettings(max_retries=3, timeout=300),
        logging_level="info",
    )
    plain = ModelBatchDeployment(
        name="plain", endpoint_name=endpoint.name, model=model, compute="cluster", settings=settings
    )
    client.batch_deployments.begin_create_or_update(plain).result()
    endpoint.defaults.deployment_name = "plain"
    client.batch_endpoints.begin_create_or_update(endpoint).result()
    assert client.batch_endpoints.get("ill-batch").scoring_uri.endswith("/ill-batch/jobs")

    job = client.batch_endpoints.invoke(endpoint_name="ill-batch", input=Input(type="uri_folder", path=data.id))
    client.jobs.stream(job.name)
    assert client.jobs.get(job.name).status == "Completed"
    [child] = client.jobs.list(parent_job_name=job.name)
    client.jobs.download(name=child.name, download_path=str(folder / "one"), output_name="score")
    text = (folder / "one" / "named-outputs" / "score" / "predictions.csv").read_text()
    expected = [["part-0.csv", 0], ["part-0.csv", 1], ["part-1.csv", 1]]
    assert list(literal_eval(text.replace("\n", ","))) == expected
    client.jobs.download(name=job.name, download_path=str(folder / "two"), output_name="score")
    assert (folder / "two" / "predictions.csv").read_text() == text

    scripted = ModelBatchDeployment(
        name="scripted",
        endpoint_name="ill-batch",
        model=Model(path=str(folder / "words"), type="custom_model"),
        code_configuration=CodeConfiguration(code=str(folder / "code"), scoring_script="driver.py"),
        environment=Environment(image="some/image"),
        compute="cluster",
        settings=ModelBatchDeploymentSettings(mini_batch_size=1, environment_variables={"TONE": "very low"}),
    )
    client.batch_deployments.begin_create_or_update(scripted).result()
    second = client.batch_endpoints.invoke(
        endpoint_name="ill-batch",
        deployment_name="scripted",
        inputs={"people": Input(type="uri_folder", path=str(folder / "data"))},
        outputs=None,
        params_override=[
            {"mini_batch_size": 2},
            {"output_dataset": {"datastore_id": "azureml:workspaceblobstore", "path": "scored/people"}},
            {"output_file_name": "said.txt"},
        ],
    )
    client.jobs.stream(second.name)
    client.jobs.download(name=second.name, download_path=str(folder / "three"))
    said = (folder / "three" / "said.txt").read_text().splitlines()
    assert said == [f"part-{part}.csv hello 2 very low" for part in range(2)]

    with closing(AzureBackend(served_choice(), discover(), SystemClock())) as backend:
        # What amlctl itself does where its target is served by the wire.
        place = Address("batch_endpoints", "ill-batch")
        rows = {"people": {"type": "uri_file", "path": str(folder / "data" / "part-1.csv")}}
        settings = {"mini_batch_size": 3, "instance_count": 1, "max_retries": 0, "output_file_name": "third.csv"}
        third = backend.invoke(place, BatchRequest(inputs=rows, deployment="scripted", settings=settings))
        late = time.monotonic() + 60
        ended = settled(backend, place, third.name, Cancellation(), lambda line: None, lambda: time.monotonic() > late)
        assert ended is not None and (ended.status, ended.deployment) == ("Completed", "scripted"), ended
        assert list(ended.outputs) == ["score"]
        assert [job.name for job in backend.batch_jobs(place)] == [third.name, second.name, job.name]
        assert [job.name for job in backend.batch_jobs(place, "plain")] == [job.name]

    listed = list(client.batch_endpoints.list_jobs("ill-batch"))
    assert [(each.name, each.status) for each in listed[1:]] == [(second.name, "Completed"), (job.name, "Completed")]
    assert [each.name for each in client.batch_deployments.list_jobs("ill-batch", name="scripted")] == [
        third.name,
        second.name,
    ]
    assert re.search(rf"RunId: {job.name}", capfd.readouterr().out)
