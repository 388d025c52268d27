"""What the embedded workspace cannot do is told when planning, at its place, unless something stands in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project, open_workspace, plan_project
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.workspace.environments.interpreters import OWN, Interpreter, Interpreters
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore

CLUSTERS = """
compute:
  k8s: {type: kubernetes, resource_id: /subscriptions/s/c}
  pool: {type: synapsespark, resource_id: /subscriptions/s/p}
  old: {type: virtualmachine, resource_id: /subscriptions/s/m}
  cpu: {type: amlcompute, size: Standard_DS3_v2}
"""
ON = """
jobs:
  train: {{command: "true", environment: {{image: host}}, compute: {compute}}}
"""
SERVED = """
models: {weights: {path: served}}
online_endpoints:
  eee:
    compute: azureml:k8s
    deployments:
      blue: {type: kubernetes, model: azureml:weights@latest, environment: {image: host}}
"""
IN = """
jobs:
  train: {{command: "true", environment: {environment}}}
"""
READS = """
jobs:
  train:
    command: "true"
    environment: {image: host}
    inputs: {far: {type: uri_folder, path: azureml:far@latest}}
"""
CONDA = """name: e
dependencies:
  - python
  - cudatoolkit
  - pip:
      - -r other.txt
"""


def refused(
    folder: Path, text: str, *, stand_ins: Mapping[str, str] | None = None, more: str = ""
) -> list[tuple[str, str, str]]:
    """Plan a spec.

    Returns:
        Line and column, text and advice of each reason why the embedded workspace refuses it.
    """
    (folder / "weights.bin").write_bytes(b"01")
    (folder / "served").mkdir(exist_ok=True)
    (folder / "served" / "MLmodel").write_text("flavors: {}\n")
    head = f"project: heart\nworkspace: {{local: {{stand_ins: {dict(stand_ins or {})}{more}}}}}"
    (folder / "spec.yaml").write_text(head + text)
    project = load_project([folder / "spec.yaml"], LoadOptions())
    with open_workspace(project, discover(), SystemClock()) as workspace:
        try:
            plan_project(project, workspace, PlanOptions())
        except SpecError as problem:
            assert {d.code for d in problem.diagnostics} == {"refused-by-workspace"}
            return [(str(d.subject).partition("spec.yaml:")[2], d.detail, d.fix) for d in problem.diagnostics]
    return []


COMPUTES = [
    ("azureml:k8s", {}, "compute.k8s, a Kubernetes cluster", "a cluster"),
    ("azureml:pool", {}, "compute.pool, a Synapse Spark pool", "a pool"),
    ("old", {}, "compute.old, an attached virtual machine", "a machine of somebody's own"),
    ("azureml:cpu", {}, "", "a size: this machine stands in"),
    ("azureml:k8s", {"azureml:k8s": "."}, "", "this machine does its work"),
    ("azureml:k8s", {"azureml:pool": "."}, "compute.k8s", "another one is mapped"),
]


@pytest.mark.parametrize(("compute", "stand_ins", "names", "why"), COMPUTES, ids=[c[3] for c in COMPUTES])
def test_a_job_on_a_compute_that_is_only_recorded(
    tmp_path: Path, compute: str, stand_ins: dict[str, str], names: str, why: str
) -> None:
    found = refused(tmp_path, CLUSTERS + ON.format(compute=compute), stand_ins=stand_ins)
    assert len(found) == bool(names), why
    for place, detail, fix in found:
        assert place == "10:65"
        assert names in detail
        assert "stand_ins" in fix


def test_computes_alone_are_recorded(tmp_path: Path) -> None:
    assert refused(tmp_path, CLUSTERS) == []


def test_a_compute_that_lies_in_the_workspace_already(tmp_path: Path) -> None:
    store = RecordStore(WorkspacePaths(tmp_path / ".amlctl"))
    store.insert(Record("compute", "compute.k8s", "", "", None, {"type": "kubernetes"}, variant="kubernetes"))
    store.close()
    ((_, detail, _),) = refused(tmp_path, ON.format(compute="azureml:k8s"))
    assert "compute.k8s, a Kubernetes cluster" in detail


def test_a_deployment_goes_where_its_endpoint_is(tmp_path: Path) -> None:
    found = refused(tmp_path, CLUSTERS + SERVED)
    assert [detail.partition("workspace: ")[2] for _, detail, _ in found] == [
        "it is to run on compute.k8s, a Kubernetes cluster, which is only recorded there.",
        "a Kubernetes deployment requires a cluster; the embedded workspace is a single machine.",
    ]
    assert refused(tmp_path, CLUSTERS + SERVED, stand_ins={"azureml:k8s": "."}) == []


ENVIRONMENTS = [
    ("{build: {path: docker}}", "4:49", ["built from a Dockerfile"], "a build context"),
    ("{image: host, conda_file: conda.yml}", "4:67", ["conda.yml:4: 'cudatoolkit'", "conda.yml:6: '-r other.txt'"], "a file"),
    ("{image: host, conda_file: {dependencies: [numpyy]}}", "4:67", ["'numpy'"], "a conda file written in place"),
    ("{image: host, conda_file: {dependencies: [numpy]}}", "", [], "what pip can install"),
    ("{image: host}", "", [], "an image"),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "place", "parts", "why"), ENVIRONMENTS, ids=[e[3] for e in ENVIRONMENTS])
def test_an_environment_that_cannot_be_built(
    tmp_path: Path, environment: str, place: str, parts: list[str], why: str
) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "conda.yml").write_text(CONDA)
    found = refused(tmp_path, IN.format(environment=environment))
    assert len(found) == len(parts), why
    for (where, detail, _), part in zip(found, parts, strict=True):
        assert where == place
        assert part in detail
    named = f"\nenvironments: {{e: {environment}}}" + IN.format(environment="azureml:e@latest")
    by_name = refused(tmp_path, named)
    assert [(part in detail, "environments.e: " in detail) for (_, detail, _), part in zip(by_name, parts, strict=True)] == [
        (True, True) for _ in parts
    ]  # fmt: skip
    assert all(where.startswith("5:") for where, _, _ in by_name), "at the job that needs it"
    assert refused(tmp_path, f"\nenvironments: {{e: {environment}}}\n") == [], "recorded all the same"


def test_an_environment_that_lies_in_the_workspace_already(tmp_path: Path) -> None:
    store = RecordStore(WorkspacePaths(tmp_path / ".amlctl"))
    for version, body in (("1", {"image": "host"}), ("2", {"build": {"path": "content://d"}})):
        store.insert(Record("environments", "environments.e", version, "", None, body))
    store.close()
    assert len(refused(tmp_path, IN.format(environment="azureml:e@latest"))) == 1
    assert len(refused(tmp_path, IN.format(environment="azureml:e:2"))) == 1
    assert refused(tmp_path, IN.format(environment="azureml:e:1")) == []


FAR = "\ndata: {{far: {{type: uri_folder, path: {path}{version}}}}}\n"
REACH = [
    ("wasbs://c@a/x?sig=hush", "", {}, True, "a blob behind an asset"),
    ("abfss://c@a/x", "", {}, True, "a lake behind an asset"),
    ("abfss://c@a/x", "", {"abfss://c@a": "."}, False, "the address is mapped"),
    ("abfss://c@a/x", ", version: 1", {"azureml:far:1": "."}, False, "the version is mapped"),
    ("abfss://c@a/x", "", {"azureml:far:1": "."}, True, "another version is mapped"),
    ("https://example.org/x", "", {}, False, "this machine can fetch it"),
]


@pytest.mark.parametrize(("path", "version", "stand_ins", "told", "why"), REACH, ids=[r[4] for r in REACH])
def test_data_that_lie_out_of_reach(
    tmp_path: Path, path: str, version: str, stand_ins: dict[str, str], told: bool, why: str
) -> None:
    found = refused(tmp_path, FAR.format(path=f"'{path}'", version=version) + READS, stand_ins=stand_ins)
    assert bool(found) is told, why
    for place, detail, fix in found:
        assert place == "9:44"
        assert "data.far, which is at" in detail
        assert "hush" not in detail
        assert "stand_ins" in fix


def test_a_registered_triton_model_is_not_served(tmp_path: Path) -> None:
    model = "\nmodels: {weights: {type: triton_model, path: weights.bin}}\n"
    deployment = """online_endpoints:
  eee:
    auth_mode: key
    deployments: {blue: {model: azureml:weights@latest, instance_type: Standard_DS3_v2}}
"""
    ((place, detail, _),) = refused(tmp_path, model + deployment)
    assert place == "7:33"
    assert "models.weights requires NVIDIA Triton Inference Server" in detail


LEARN = """
jobs:
  learn:
    type: automl
    task: TASK
    target_column_name: y
    training_data: {type: mltable, path: table}
    FIELD
"""
UNLEARNT = [
    ("regression", "cv_split_column_names: [a]", "cv_split_column_names", "folds that are not made here"),
    ("regression", "training: {enable_dnn_training: true}", "training.enable_dnn_training", "deep learning"),
    ("regression", "training: {enable_dnn_training: false}", "", "it is not asked for"),
    (
        "regression",
        "featurization: {mode: auto, enable_dnn_featurization: true}",
        "enable_dnn_featurization",
        "the same",
    ),
    (
        "classification",
        "featurization: {mode: custom, blocked_transformers: [label_encoder]}",
        "",
        "another encoder is taken",
    ),
    (
        "forecasting",
        "forecasting: {time_column_name: t, country_or_region_for_holidays: DE}",
        "",
        "holidays are not used as features, which plan and log say",
    ),
    (
        "forecasting",
        "forecasting: {time_column_name: t}\n    weight_column_name: w",
        "weight_column_name",
        "series are not weighted",
    ),
    (
        "forecasting",
        "forecasting: {time_column_name: t}\n    validation_data: {type: mltable, path: table}",
        "validation_data",
        "checked by rolling origin",
    ),
    ("forecasting", "forecasting: {time_column_name: t}", "", "all of it is done here"),
]


@pytest.mark.parametrize(("task", "field", "named", "why"), UNLEARNT, ids=[f"{u[0]}: {u[3]}" for u in UNLEARNT])
def test_what_automl_does_not_do_here_is_refused_before_anything_runs(
    tmp_path: Path, task: str, field: str, named: str, why: str
) -> None:
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "MLTable").write_text(
        "paths: [{file: ./a.csv}]\ntransformations: [{read_delimited: {delimiter: ','}}]\n"
    )
    (tmp_path / "table" / "a.csv").write_text("y,a,t,w\n1,1,1,1\n")
    reasons = refused(tmp_path, LEARN.replace("TASK", task).replace("FIELD", field))
    assert len(reasons) == bool(named), why
    assert all(named in detail and place != "4:3" for place, detail, _ in reasons)


DEPLOYED = """
models: {{{models}}}
environments:
  own:
    image: shop/server
    inference_config:
      scoring_route: &own {{path: /predict, port: 8080}}
      liveness_route: *own
      readiness_route: *own
  usual:
    image: shop/server
    inference_config:
      scoring_route: &usual {{path: /score, port: 5001}}
      liveness_route: *usual
      readiness_route: *usual
online_endpoints:
  eee:
    auth_mode: key
    deployments:
      blue: {{instance_type: Standard_DS3_v2, {body}}}
"""
SCRIPT = "code_configuration: {code: code, scoring_script: score.py}"
CODE = f"{SCRIPT}, environment: {{image: host}}"
ROUTES = "{scoring_route: *own, liveness_route: *own, readiness_route: *own}"
SERVED_BY = [
    ("", "instance_count: 1", "neither a model nor a scoring script", "nothing to serve"),
    ("", CODE, "", "a script alone"),
    ("", "environment: azureml:own@latest", "is a custom container", "a container alone"),
    ("", f"environment: azureml:own@latest, {SCRIPT}", "is a custom container", "a container with routes of its own"),
    ("", f"environment: azureml:usual@latest, {SCRIPT}", "", "a container that answers like the scoring server, with a script"),
    ("m: {path: served}", "model: azureml:m@latest, environment: azureml:usual@latest", "is a custom container", "without one"),
    (
        "m: {path: served}",
        f"model: azureml:m@latest, environment: {{image: s, inference_config: {ROUTES}}}",
        "is a custom container",
        "a container written in place",
    ),
    ("m: {path: weights.bin}", "model: azureml:m@latest, environment: {image: host}", "no MLmodel file", "weights without a script"),
    ("m: {path: weights.bin}", f"model: azureml:m@latest, {CODE}", "", "weights with a script"),
    ("", "model: {path: weights.bin}, environment: {image: host}", "no MLmodel file", "weights written in place"),
    ("m: {path: served, type: mlflow_model}", "model: azureml:m@latest", "", "an MLflow model"),
    ("m: {path: above}", "model: azureml:m@latest", "", "a folder with an MLflow model"),
]  # fmt: skip


@pytest.mark.parametrize(("models", "body", "told", "why"), SERVED_BY, ids=[s[3] for s in SERVED_BY])
def test_a_deployment_that_can_never_answer(tmp_path: Path, models: str, body: str, told: str, why: str) -> None:
    for file in ("code/score.py", "above/model/MLmodel"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("def init(): ...\ndef run(data): return data\n" if file.endswith(".py") else "")
    found = refused(tmp_path, DEPLOYED.format(models=models, body=body))
    assert [told in detail for _, detail, _ in found] == [True] * bool(told), why
    assert all(fix for _, _, fix in found)


NODES = """
jobs:
  train:
    command: "true"
    environment: {image: host}
    resources: {instance_count: 3}
"""


def test_nodes_are_processes_if_the_settings_say_so(tmp_path: Path) -> None:
    ((place, detail, fix),) = refused(tmp_path, NODES)
    assert (place, "3 nodes" in detail, "nodes_as_processes" in fix) == ("7:33", True, True)
    assert refused(tmp_path, NODES, more=", nodes_as_processes: true") == []
    assert refused(tmp_path, NODES, more=", nodes_as_processes: false") != []


def said(folder: Path, text: str, *, stand_ins: Mapping[str, str] | None = None) -> list[str]:
    """The warnings of a plan that is not refused."""
    head = f"project: heart\nworkspace: {{local: {{stand_ins: {dict(stand_ins or {})}}}}}"
    (folder / "spec.yaml").write_text(head + text)
    project = load_project([folder / "spec.yaml"], LoadOptions())
    with open_workspace(project, discover(), SystemClock()) as workspace:
        return [warning.detail for warning in plan_project(project, workspace, PlanOptions()).plan.warnings]


REFERENCES = [
    "azureml:AzureML-{}@latest",
    "azureml:AzureML-{}:3",
    "azureml://registries/azureml/environments/{}/labels/latest",
    "azureml://registries/azureml/environments/{}/versions/3",
]


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_curated_environment_is_taken_however_it_is_written(
    tmp_path: Path, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Interpreters, "installed", lambda self: (OWN,))
    (line,) = said(tmp_path, IN.format(environment=reference.format("sklearn-1.5")))
    assert line.startswith(
        f"{reference.format('sklearn-1.5')}: this machine's Python {OWN.version} is used. Different: "
    )
    assert "scikit-learn ~=1.5.0 (here " in line
    monkeypatch.setattr(Interpreters, "installed", lambda self: (OWN, Interpreter("3.10.9", Path("/p"))))
    assert said(tmp_path, IN.format(environment=reference.format("sklearn-1.5"))) == []


def test_each_stand_in_is_told_once(tmp_path: Path) -> None:
    jobs = "\njobs:\n" + "".join(f"  j{n}: {{command: 'true', environment: {{image: host}}}}\n" for n in range(5))
    assert said(tmp_path, jobs) == [f"image host: this machine's Python {OWN.version} is used."]


def test_a_python_that_is_nearly_there_is_told_and_one_that_is_not_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Interpreters, "installed", lambda self: (OWN, Interpreter("3.8.18", Path("/p"))))
    text = "{{image: host, conda_file: {{dependencies: [python={}]}}}}"
    assert said(tmp_path, IN.format(environment=text.format("3.8.2"))) == [
        "conda_file asks for Python 3.8.2: 3.8.18, the nearest here, is taken."
    ]
    ((place, detail, fix),) = refused(tmp_path, IN.format(environment=text.format("3.7")))
    assert place == "4:67"
    assert "asks for Python 3.7" in detail
    assert "python_downloads" in fix


@pytest.mark.parametrize("declared", [True, False])
def test_what_stands_in_for_an_environment_is_checked_by_the_plan(tmp_path: Path, declared: bool) -> None:
    (tmp_path / "env.yml").write_text("dependencies: [numpy]")
    (tmp_path / "notes.md").write_text("")
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "Dockerfile").write_text("FROM scratch\n")
    text = IN.format(environment="azureml:e:1" if declared else "azureml:AzureML-e@latest")
    key = "azureml:e:1" if declared else "azureml://registries/azureml/environments/e"
    if declared:
        text = "\nenvironments: {e: {version: 1, build: {path: served}}}" + text
    assert all("stands in" not in line for line in said(tmp_path, text, stand_ins={key: "env.yml"}))
    ((_, detail, fix),) = refused(tmp_path, text, stand_ins={key: "notes.md"})
    assert "neither a conda file" in detail
    assert "stand_ins" in fix


LAKE = """
jobs:
  train:
    command: "true"
    environment: {image: host}
    inputs:
      a: {type: uri_file, path: azureml://datastores/lake/paths/raw/a.csv}
      b: {type: uri_file, path: azureml://datastores/lake/paths/other/b.csv}
"""


def test_of_a_datastore_that_is_elsewhere_what_is_mapped_can_be_read(tmp_path: Path) -> None:
    both = {"azureml://datastores/lake/paths/raw": "raw", "azureml://datastores/lake/paths/other/b.csv": "b.csv"}
    assert any("is used in place of" in line for line in said(tmp_path, LAKE, stand_ins=both))
    ((place, detail, fix),) = refused(tmp_path, LAKE, stand_ins={"azureml://datastores/lake/paths/raw": "raw"})
    assert place.startswith("9:")
    assert "paths/other/b.csv" in detail
    assert "stand_ins" in fix


def test_an_environment_that_a_model_declares_is_told_where_it_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Interpreters, "installed", lambda self: (OWN,))
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "MLmodel").write_text("flavors: {python_function: {env: conda.yaml}}\n")
    (tmp_path / "served" / "conda.yaml").write_text("dependencies: [python=3.6.1, {pip: [numpy==1.0]}]\n")
    text = DEPLOYED.format(models="m: {path: served, type: mlflow_model}", body="model: azureml:m@latest")
    (line,) = said(tmp_path, text)
    assert "this machine's Python" in line
    assert "Python 3.6.1 (here" in line
    assert "numpy ==1.0 (here" in line
    assert said(tmp_path, text.replace("m@latest", "m@latest, environment: {image: x}")) != [line]
