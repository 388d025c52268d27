"""A program written for Azure, in a process of its own, on a served workspace: only its environment is ours."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.backends.local import admin

pytest.importorskip("azure.ai.ml", reason="needs the azure extra")

AMLCTL = (sys.executable, "-m", "orchestrator")
SLOWEST_S = 300.0


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "ws"
    process = subprocess.Popen(
        [*AMLCTL, "workspace", "serve", "--arm", "--path", str(root)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert "https://127.0.0.1:" in process.stdout.readline()
        yield root
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SLOWEST_S)
        admin.down(root)


def environment(root: Path) -> dict[str, str]:
    """What a shell has after ``eval "$(amlctl workspace env --arm)"``."""
    script = f'eval "$({" ".join(AMLCTL)} workspace env --arm --path {root})" && env -0'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)


def run(program: str, root: Path, folder: Path) -> str:
    """Run a program in a folder; its output."""
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "program.py"],
        cwd=folder, env=environment(root), capture_output=True, text=True, check=False, timeout=SLOWEST_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


CONNECT = """
import os
import re
import shutil
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
ml_client = MLClient(
    DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZUREML_WORKSPACE_NAME"],
)
"""

AUTOML = (
    CONNECT
    + """
import json, pathlib
from azure.ai.ml import Input, automl
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import (
    AmlCompute, CodeConfiguration, Data, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
)

ml_client.compute.begin_create_or_update(AmlCompute(name="cpu", size="Standard_DS3_v2", max_instances=1)).result()
ml_client.data.create_or_update(Data(name="flowers", version="1", type=AssetTypes.MLTABLE, path="./table"))
job = automl.classification(
    compute="cpu", experiment_name="flowers", training_data=Input(type="mltable", path="azureml:flowers:1"),
    target_column_name="kind", primary_metric="accuracy", n_cross_validations=2,
)
job.set_limits(timeout_minutes=3, trial_timeout_minutes=1, max_trials=2, max_concurrent_trials=1)
job.set_training(allowed_training_algorithms=["random_forest"])
job = ml_client.jobs.create_or_update(job)
ml_client.jobs.stream(job.name)
print("STATUS", ml_client.jobs.get(job.name).status)
ml_client.jobs.download(job.name, output_name="best_model", download_path="./got")
print("MLMODEL", len(list(pathlib.Path("got").rglob("MLmodel"))))
ml_client.models.create_or_update(
    Model(name="flowers", version="1", type="mlflow_model", path=f"azureml://jobs/{job.name}/outputs/best_model")
)
ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="flowers", auth_mode="key")).result()
ml_client.online_deployments.begin_create_or_update(
    ManagedOnlineDeployment(
        name="blue", endpoint_name="flowers", model="azureml:flowers:1", instance_type="Standard_DS2_v2", instance_count=1
    )
).result()
endpoint = ml_client.online_endpoints.get("flowers")
endpoint.traffic = {"blue": 100}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
pathlib.Path("request.json").write_text(
    json.dumps({"input_data": {"columns": ["a", "b"], "index": [0, 1], "data": [[0.1, 0.2], [5.1, 5.2]]}})
)
print("ANSWER", ml_client.online_endpoints.invoke("flowers", request_file="request.json"))
ml_client.online_endpoints.begin_delete("flowers").wait()
print("LEFT", [one.name for one in ml_client.online_endpoints.list()])
"""
)


def test_automl_from_a_table_to_an_answer(root: Path, tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.mkdir()
    rows = [f"{i % 7 / 10 + 5 * (i % 2)},{i % 5 / 10 + 5 * (i % 2)},{'rose' if i % 2 else 'lily'}" for i in range(80)]
    (table / "flowers.csv").write_text("\n".join(["a,b,kind", *rows]) + "\n")
    (table / "MLTable").write_text(
        "type: mltable\npaths: [{file: ./flowers.csv}]\ntransformations:\n  - read_delimited: {delimiter: ',', encoding: utf8}\n"
    )
    said = run(AUTOML, root, tmp_path)
    # The client puts its dots wherever the line happens to be.
    lines = dict(re.findall(r"(STATUS|MLMODEL|ANSWER|LEFT) (.*)", said))
    assert lines["STATUS"].upper().endswith("COMPLETED")
    assert lines["MLMODEL"] == "1"
    assert [word for word in ("lily", "rose") if word in lines["ANSWER"]] == ["lily", "rose"]
    assert lines["LEFT"] == "[]"


def test_a_second_server_is_refused_and_a_dead_one_is_noticed(root: Path) -> None:
    second = subprocess.run(
        [*AMLCTL, "workspace", "serve", "--arm", "--path", str(root)], capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 1
    assert "served already" in second.stderr


def test_nobody_serves(tmp_path: Path) -> None:
    done = subprocess.run(
        [*AMLCTL, "workspace", "env", "--arm", "--path", str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "amlctl workspace serve --arm" in done.stderr
    assert list(tmp_path.iterdir()) == []


SPEC = """
project: loop
workspace:
  azure: {subscription_id: 00000000-0000-0000-0000-000000000000, resource_group: local, workspace_name: local}
compute:
  cpu: {type: amlcompute, size: Standard_DS2_v2, max_instances: 1, tags: {team: heart}}
environments:
  e: {image: "python:3.11"}
data:
  d: {type: uri_file, path: a.csv}
jobs:
  train:
    type: command
    command: python train.py ${{inputs.d}} ${{outputs.m}}
    code: src
    environment: azureml:e@latest
    compute: azureml:cpu
    inputs: {d: {type: uri_file, path: "${data.d}"}}
    outputs: {m: {type: uri_folder}}
models:
  m: {type: custom_model, path: "${jobs.train.outputs.m}"}
online_endpoints:
  heart:
    auth_mode: key
    deployments:
      blue: &deployment
        model: ${models.m}
        environment: ${environments.e}
        code_configuration: {code: src, scoring_script: score.py}
        instance_type: Standard_DS3_v2
        instance_count: 1
      green: *deployment
    traffic: {blue: 90, green: 10}
    tests:
      - request: {json: {x: 1}}
        expect: {json: {text: "x,y\\n1,2\\n"}, match: subset}
"""

TRAIN = """
import pathlib, sys
pathlib.Path(sys.argv[2], "model.txt").write_text(pathlib.Path(sys.argv[1]).read_text())
"""

SCORE = """
import json, os, pathlib

def init():
    global text
    text = next(p for p in pathlib.Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.txt")).read_text()

def run(data):
    return {"text": text, "asked": json.loads(data)}
"""

MEDDLE = (
    CONNECT
    + """
cluster = ml_client.compute.get("cpu")
cluster.max_instances, cluster.tags["team"] = 4, "others"
ml_client.compute.begin_update(cluster).result()
endpoint = ml_client.online_endpoints.get("heart")
endpoint.traffic = {"blue": 100, "green": 0}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
ml_client.online_deployments.begin_delete("green", "heart").result()
"""
)


def amlctl(*arguments: str, root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run amlctl in a folder as a client of the served workspace."""
    return subprocess.run(
        [*AMLCTL, *arguments], cwd=folder, env=environment(root), capture_output=True, text=True, check=False,
        timeout=SLOWEST_S,
    )  # fmt: skip


def test_a_spec_is_applied_through_the_wire_and_mends_what_others_did(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    for name, text in (("spec.yaml", SPEC), ("a.csv", "x,y\n1,2\n"), ("src/train.py", TRAIN), ("src/score.py", SCORE)):
        (folder / name).write_text(text)
    applied = amlctl("apply", "--yes", root=root, folder=folder)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    unchanged = amlctl("plan", "--detailed-exitcode", root=root, folder=folder)
    assert unchanged.returncode == 0, unchanged.stdout + unchanged.stderr
    run(MEDDLE, root, tmp_path)
    drifted = amlctl("plan", root=root, folder=folder)
    for place in ("compute.cpu", "online_endpoints.heart.traffic", "online_endpoints.heart.deployments.green"):
        assert place in drifted.stdout
    for fact in ("max_instances", "team", "green"):
        assert fact in drifted.stdout, drifted.stdout
    mended = amlctl("apply", "--yes", root=root, folder=folder)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    unchanged = amlctl("plan", "--detailed-exitcode", root=root, folder=folder)
    assert unchanged.returncode == 0, unchanged.stdout + unchanged.stderr


def test_the_heart_failure_spec_trains_deploys_and_answers_through_the_wire(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "heart"
    shutil.copytree(Path(__file__).parents[2] / "specs" / "heart-failure", folder)
    applied = amlctl("apply", "--target", "prod", "--yes", root=root, folder=folder)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert '{"result": [false]}' in applied.stdout + applied.stderr
    unchanged = amlctl("plan", "--target", "prod", "--detailed-exitcode", root=root, folder=folder)
    assert unchanged.returncode == 0, unchanged.stdout + unchanged.stderr
