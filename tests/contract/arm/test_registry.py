"""The Responsible AI dashboard as the service's lesson makes it: components of the registry, a pipeline of functions, the real client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

TRAIN = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: train_model
type: command
inputs:
  training_data: {type: path}
  target_column_name: {type: string}
outputs:
  model_output: {type: path}
code: ./src
environment: azureml://registries/azureml/environments/responsibleai-tabular/versions/1
command: >-
  python train.py --training_data ${{inputs.training_data}} --target_column_name ${{inputs.target_column_name}}
  --model_output ${{outputs.model_output}}
"""
REGISTER = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: register_model
type: command
is_deterministic: false
inputs:
  model_input_path: {type: path}
  model_base_name: {type: string}
outputs:
  model_info_output_path: {type: path}
code: ./src
environment: azureml:AzureML-responsibleai-0.20-ubuntu20.04-py38-cpu@latest
command: >-
  python register.py --model_input_path ${{inputs.model_input_path}} --model_base_name ${{inputs.model_base_name}}
  --model_info_output_path ${{outputs.model_info_output_path}}
"""
ARGUMENTS = "import argparse, sys\nwords = sys.argv[1:]\nsaid = dict(zip([w[2:] for w in words[::2]], words[1::2]))\n"
TRAIN_PROGRAM = (
    ARGUMENTS
    + """
import glob, mlflow, pandas
from sklearn.linear_model import LogisticRegression
rows = pandas.read_parquet(glob.glob(said["training_data"] + "/*.parquet")[0])
target = said["target_column_name"]
model = LogisticRegression().fit(rows.drop(columns=target).values, rows[target].values)
mlflow.sklearn.save_model(model, said["model_output"], serialization_format="cloudpickle")
"""
)
REGISTER_PROGRAM = (
    ARGUMENTS
    + """
import json, pathlib, mlflow
loaded = mlflow.sklearn.load_model(said["model_input_path"])
name = said["model_base_name"]
made = mlflow.sklearn.log_model(loaded, name=name, registered_model_name=name, serialization_format="cloudpickle")
info = {"id": f"{name}:{made.registered_model_version}"}
pathlib.Path(said["model_info_output_path"], "model_info.json").write_text(json.dumps(info))
"""
)
TABLE = "paths:\n  - file: ./rows.parquet\ntransformations:\n  - read_parquet:\n"
TOOLS = ("constructor", "explanation", "erroranalysis", "counterfactual", "causal", "insight_gather", "score_card")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import numpy
    import pandas

    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(TRAIN_PROGRAM)
    (tmp_path / "src" / "register.py").write_text(REGISTER_PROGRAM)
    (tmp_path / "train.yml").write_text(TRAIN)
    (tmp_path / "register.yml").write_text(REGISTER)
    random = numpy.random.default_rng(0)
    rows = pandas.DataFrame({"Age": random.integers(20, 80, 120), "BMI": random.normal(27, 4, 120).round(1)})
    rows["Diabetic"] = (rows["Age"] + random.normal(0, 8, 120) > 50).astype(int)
    for part, some in {"train": rows[:80], "test": rows[80:]}.items():
        (tmp_path / part).mkdir()
        some.to_parquet(tmp_path / part / "rows.parquet")
        (tmp_path / part / "MLTable").write_text(TABLE)
    return tmp_path


def test_components_and_environments_of_the_registry_are_read(connect: Any) -> None:
    registry = connect(workspace=None, registry_name="azureml")
    for tool in TOOLS:
        name = f"rai_tabular_{'insight_constructor' if tool == 'constructor' else tool}"
        newest = registry.components.get(name=name, label="latest")
        older = registry.components.get(name=f"microsoft_azureml_{name}", version="0.1.2")
        assert newest.id == f"azureml://registries/azureml/components/{name}/versions/{newest.version}"
        assert older.version == "0.1.2" and older.inputs.keys() == newest.inputs.keys()
    names = {component.name for component in registry.components.list()}
    assert {"rai_tabular_explanation", "microsoft_azureml_rai_tabular_causal"} <= names
    assert registry.environments.get("sklearn-1.5", label="latest").image.endswith("sklearn-1.5:1")
    assert "sklearn-1.5" in {environment.name for environment in registry.environments.list()}
    with pytest.raises(Exception, match=r"Nearest: rai_tabular_explanation"):
        registry.components.get(name="rai_tabular_explanations", version="1")


def test_the_dashboard_of_the_lesson(client: Any, connect: Any, folder: Path, tmp_path: Path) -> None:
    from azure.ai.ml import Input, Output, dsl, load_component
    from azure.ai.ml.constants import AssetTypes
    from azure.ai.ml.entities import AmlCompute, Data, PipelineJob

    registry = connect(workspace=None, registry_name="azureml")
    client.compute.begin_create_or_update(AmlCompute(name="cpu", size="Standard_DS3_v2", max_instances=2)).result()
    for part in ("train", "test"):
        client.data.create_or_update(Data(path=str(folder / part), type=AssetTypes.MLTABLE, name=part, version="1"))
    train_component = load_component(source=str(folder / "train.yml"))
    register_component = load_component(source=str(folder / "register.yml"))
    constructor = registry.components.get(name="rai_tabular_insight_constructor", label="latest")
    version = constructor.version
    tools = {name: registry.components.get(name=f"rai_tabular_{name}", version=version) for name in TOOLS[1:]}

    train_data = Input(type="mltable", path="train:1", mode="download")
    test_data = Input(type="mltable", path="test:1", mode="download")

    def training(target_column_name, training_data):  # type: ignore[no-untyped-def]
        trained = train_component(target_column_name=target_column_name, training_data=training_data)
        trained.set_limits(timeout=120)
        register_component(model_input_path=trained.outputs.model_output, model_base_name="diabetes").set_limits(
            timeout=120
        )
        return {}

    first = dsl.pipeline(compute="cpu", description="Register", experiment_name="RAI_Model")(training)
    made = client.jobs.create_or_update(first("Diabetic", Input(type="uri_folder", path=str(folder / "train"))))
    client.jobs.stream(made.name)
    assert client.jobs.get(made.name).status == "Completed"

    @dsl.pipeline(compute="cpu", description="RAI insights", experiment_name="RAI_insights")  # type: ignore[untyped-decorator]
    def insights(target_column_name, train_data, test_data):  # type: ignore[no-untyped-def]
        create = constructor(
            title="RAI dashboard diabetes",
            task_type="classification",
            model_info="diabetes:1",
            model_input=Input(type=AssetTypes.MLFLOW_MODEL, path="azureml:diabetes:1"),
            train_dataset=train_data,
            test_dataset=test_data,
            target_column_name=target_column_name,
        )
        create.set_limits(timeout=300)
        errors = tools["erroranalysis"](rai_insights_dashboard=create.outputs.rai_insights_dashboard)
        explain = tools["explanation"](
            comment="add explanation", rai_insights_dashboard=create.outputs.rai_insights_dashboard
        )
        gather = tools["insight_gather"](
            constructor=create.outputs.rai_insights_dashboard,
            insight_1=errors.outputs.error_analysis,
            insight_4=explain.outputs.explanation,
        )
        gather.set_limits(timeout=300)
        gather.outputs.dashboard.mode = "upload"
        gather.outputs.ux_json.mode = "upload"
        return {"dashboard": gather.outputs.dashboard, "ux_json": gather.outputs.ux_json}

    job = insights("Diabetic", train_data, test_data)
    place = "azureml://datastores/workspaceblobstore/paths/here"
    job.outputs.dashboard = Output(path=f"{place}/dashboard/", mode="upload", type="uri_folder")
    job.outputs.ux_json = Output(path=f"{place}/ux_json/", mode="upload", type="uri_folder")
    job = client.jobs.create_or_update(job)
    assert isinstance(job, PipelineJob)
    client.jobs.stream(job.name)
    assert client.jobs.get(job.name).status == "Completed"
    client.jobs.download(job.name, download_path=tmp_path / "down", output_name="dashboard")
    [page] = (tmp_path / "down").rglob("dashboard.html")
    assert "RAI dashboard diabetes" in page.read_text()
    [data] = (tmp_path / "down").rglob("dashboard.json")
    tree = json.loads(data.read_text())
    assert tree["metrics"]["accuracy_score"] > 0.7
    found = {one["kind"]: one for one in tree["insights"]}
    assert next(iter(found["explanation"]["global"])) == "Age"
    assert found["error_analysis"]["tree"][0]["size"] == 40
