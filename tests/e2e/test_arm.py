"""Programs written for Azure, in processes of their own, on a served workspace: only their environment is ours."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.served import AMLCTL, AZURE_WORKSPACE, Served, serving

pytest.importorskip("azure.ai.ml", reason="needs the azure extra")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "ws") as served:
        yield served


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def table(name: str, rows: list[str]) -> dict[str, str]:
    """Files of a table with its MLTable file, in a folder of that name."""
    reads = "type: mltable\npaths: [{file: ./rows.csv}]\ntransformations:\n  - read_delimited: {delimiter: ',', encoding: utf8}\n"
    return {f"{name}/rows.csv": "\n".join(rows) + "\n", f"{name}/MLTable": reads}


SUM = """
import pathlib, sys
rows = pathlib.Path(sys.argv[1]).read_text().split()[1:]
pathlib.Path(sys.argv[3], "sum.txt").write_text(str(sum(map(int, rows)) * int(sys.argv[2])))
"""

ANSWER_SUM = """
import json, os, pathlib

def init():
    global text
    text = next(pathlib.Path(os.environ["AZUREML_MODEL_DIR"]).rglob("sum.txt")).read_text()
    print("the sum is", text)

def run(data):
    return {"sum": int(text), "asked": json.loads(data)}
"""


def test_one_of_each_is_made_listed_shown_used_and_deleted(served: Served, tmp_path: Path) -> None:
    conda = {"conda.yaml": "name: packages\ndependencies:\n  - python>=3.11\n"}
    sources = {"src/train.py": SUM, "src/score.py": ANSWER_SUM}
    folder = write(tmp_path / "day", {**conda, **sources, **table("data", ["n", "1", "2", "4"])})
    said = served.said("everything.py", folder)
    assert said["answers"] == [{"sum": 21, "asked": {"x": 1}}] * 2
    assert "the sum is 21" in said["log"]
    assert said["computes"] == {"desk": ["computeinstance", "Succeeded"], "cpu": ["amlcompute", "Succeeded"]}
    assert said["idle"] == 180
    assert {"raw", "workspaceblobstore"} <= set(said["datastores"])
    assert said["default"] == "workspaceblobstore"
    assert (said["raw"], said["raw, shown"]) == ("a2V5", None), "a key is told to those only who ask for it"
    assert said["data"] == {"one-file": ["uri_file", "1"], "a-folder": ["uri_folder", "1"], "a-table": ["mltable", "1"]}
    assert said["tags"] == {"made": "by hand"}
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    assert said["environments"] == [["1", image, ["python>=3.11"]]]
    assert said["jobs"] == {"true": ["command", "a first run", "Completed"]}
    assert said["models"] == [["1", "custom_model"]]
    assert said["endpoints"] == {"sum": ["key", {"blue": 100}]}
    assert said["deployments"] == [["blue", "Succeeded", "Standard_DS3_v2"]]
    assert said["workspaces"] == ["local"]
    assert said["left"] == [[], ["cpu"], False]


def test_automl_classifies_from_a_table_to_an_answer(served: Served, tmp_path: Path) -> None:
    rows = [f"{i % 7 / 10 + 5 * (i % 2)},{i % 5 / 10 + 5 * (i % 2)},{'rose' if i % 2 else 'lily'}" for i in range(80)]
    said = served.said("classification.py", write(tmp_path / "flowers", table("table", ["a,b,kind", *rows])))
    assert said["status"] == "Completed"
    assert said["downloaded"] == 1
    assert [word for word in ("lily", "rose") if word in said["answer"]] == ["lily", "rose"]
    assert said["left"] == []


def test_automl_estimates_and_forecasts(served: Served, tmp_path: Path) -> None:
    sales = [10, 12, 14, 13, 15, 30, 28]
    days = [str(date(2024, 1, 1) + timedelta(days=place)) for place in range(77)]
    requests = {
        "line.json": '{"input_data": {"columns": ["x"], "index": [0], "data": [[40]]}}',
        "week.json": f'{{"input_data": {{"columns": ["day"], "data": {[[day] for day in days[70:]]}}}}}'.replace(
            "'", '"'
        ),
    }
    line = table("line", ["x,y", *[f"{place},{place * 2 + 1}" for place in range(80)]])
    week = table("week", ["day,sales", *[f"{day},{sales[place % 7]}" for place, day in enumerate(days[:70])]])
    said = served.said("line_and_week.py", write(tmp_path / "numbers", {**line, **week, **requests}))
    assert said["status"] == {"line": "Completed", "week": "Completed"}
    assert figures(said["line"]) == pytest.approx([81], abs=8)
    assert figures(said["week"]) == pytest.approx(sales, abs=5)


def figures(answer: Any) -> list[float]:
    return [float(each) for each in (answer["result"] if isinstance(answer, dict) else answer)]


def test_a_second_server_is_refused(served: Served) -> None:
    second = subprocess.run(
        [*AMLCTL, "workspace", "serve", "--arm", "--path", str(served.root)], capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 1
    assert "already running" in second.stderr


def test_nobody_serves(tmp_path: Path) -> None:
    done = subprocess.run(
        [*AMLCTL, "workspace", "env", "--arm", "--path", str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "amlctl workspace serve --arm" in done.stderr
    assert list(tmp_path.iterdir()) == []


SPEC = (
    AZURE_WORKSPACE
    + """project: loop
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
)

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

MEDDLE = """
cluster = ml_client.compute.get("cpu")
cluster.max_instances, cluster.tags["team"] = 4, "others"
ml_client.compute.begin_update(cluster).result()
endpoint = ml_client.online_endpoints.get("heart")
endpoint.traffic = {"blue": 100, "green": 0}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
ml_client.online_deployments.begin_delete("green", "heart").result()
"""


def test_a_spec_is_applied_through_the_wire_and_mends_what_others_did(served: Served, tmp_path: Path) -> None:
    files = {"spec.yaml": SPEC, "a.csv": "x,y\n1,2\n", "src/train.py": TRAIN, "src/score.py": SCORE}
    folder = write(tmp_path / "project", files)
    served.amlctl("apply", "--yes", folder=folder)
    served.amlctl("plan", "--detailed-exitcode", folder=folder)
    served.program(MEDDLE, folder)
    drifted = served.amlctl("plan", folder=folder).stdout
    for place in ("compute.cpu", "online_endpoints.heart.traffic", "online_endpoints.heart.deployments.green"):
        assert place in drifted
    for fact in ("max_instances", "team", "green"):
        assert fact in drifted
    served.amlctl("apply", "--yes", folder=folder)
    served.amlctl("plan", "--detailed-exitcode", folder=folder)


def test_a_server_that_is_gone_is_told_in_words(tmp_path: Path) -> None:
    folder = write(tmp_path / "project", {"spec.yaml": f"{AZURE_WORKSPACE}project: gone\n"})
    with serving(tmp_path / "ws") as served:
        served.amlctl("plan", folder=folder)
    gone = served.amlctl("plan", folder=folder, code=1).stderr
    assert "Traceback" not in gone
    for said in ("ARM_CLOUD_METADATA_URL", "amlctl workspace serve --arm", "amlctl workspace env --arm"):
        assert said in gone
