"""Where a model comes from and goes to, what an endpoint is made of, and what an apply uses."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from orchestrator.core.address import Address
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions, WorkspaceChoice
from orchestrator.core.resource import Observed
from orchestrator.engine import load_project, open_workspace
from orchestrator.kinds import discover
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.source import look
from tests.unit.ui.conftest import Played, browser_of, with_objects

SPEC = """project: whole
compute:
  cpu: {type: amlcompute, size: Standard_DS2_v2, min_instances: 2, max_instances: 4}
  spare: {type: amlcompute, size: Standard_DS2_v2, min_instances: 0}
data:
  rows: {type: uri_file, path: rows.csv}
jobs:
  train:
    type: command
    command: "true"
    environment: {image: "python:3.11"}
    compute: azureml:cpu
    inputs: {rows: {type: uri_file, path: azureml:rows@latest}}
    outputs: {model: {type: mlflow_model}}
  examine:
    type: command
    command: "true"
    environment: {image: "python:3.11"}
    compute: azureml:cpu
    inputs: {model: {type: mlflow_model, path: azureml:scorer@latest}}
models:
  scorer: {type: mlflow_model, path: azureml://jobs/train/outputs/model}
online_endpoints:
  hfe:
    auth_mode: key
    deployments:
      blue: {model: azureml:scorer@latest, instance_type: Standard_DS3_v2, instance_count: 3}
    traffic: {blue: 100}
"""
SCORER, EXAMINE, BLUE = (
    Address("models", "scorer"),
    Address("jobs", "examine"),
    Address("online_endpoints", "hfe", "deployments.blue"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "rows.csv").write_text("x\n1\n")
    (folder / "rows.html").write_text("dashboard")
    (folder / "spec.yaml").write_text(SPEC)
    project = load_project([folder / "spec.yaml"], LoadOptions())
    with open_workspace(project, discover(), SystemClock()) as workspace:
        return look(project, workspace)


def text_of(snapshot: Snapshot, path: str) -> str:
    page = browser_of(Played(snapshot, snapshot.project.root)).get(path)
    assert page.status_code == 200
    return page.text


def test_the_lineage_of_an_endpoint_goes_from_data_to_traffic(whole: Snapshot) -> None:
    endpoint = "online_endpoints.hfe"
    lineage = ("data.rows", "jobs.train", "models.scorer", f"{endpoint}.deployments.blue", f"{endpoint}.traffic")
    for page in (endpoint, "models.scorer", "data.rows", f"{endpoint}.traffic"):
        graph = text_of(whole, f"/resource/{page}").split('<svg class="graph"')[1].split("</svg>")[0]
        assert [each for each in lineage if f'href="/resource/{each}"' not in graph] == [], page


def test_a_dashboard_that_another_job_made_of_a_model_is_on_its_page(whole: Snapshot) -> None:
    scorer = Observed(SCORER, "1", properties={"path": "azureml://datastores/x/paths/y"}, owner="whole")
    run = Observed(EXAMINE, "examine-1", properties={"type": "command"}, owner="whole")
    text = text_of(with_objects(whole, {SCORER: (scorer,), EXAMINE: (run,)}), "/resource/models.scorer")
    assert "Reports" in text and "/view/jobs.examine?name=examine-1&amp;path=outputs%2Frai%2Fdashboard.html" in text
    assert "Deployed in" in text and BLUE.leaf in text


def nodes(snapshot: Snapshot) -> str:
    facts = text_of(snapshot, "/plan").split("<dl", 1)[1].split("</dl>")[0].partition(">")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", facts))).strip()


def test_a_plan_says_what_is_paid_for_and_that_prices_are_unknown(whole: Snapshot) -> None:
    told = nodes(whole)
    assert (
        "Cost None: the embedded workspace runs on this machine." in told and "2 jobs never ran here: unknown." in told
    )
    assert "Standard_DS2_v2: 0 → 2" in told and "Standard_DS3_v2: 0 → 3" in told
    blue = Observed(BLUE, "", properties={"instance_type": "STANDARD_DS3_V2", "instance_count": 5}, owner="whole")
    choice = WorkspaceChoice("azure", {})
    azure = replace(with_objects(whole, {BLUE: (blue,)}), project=replace(whole.project, workspace=choice))
    assert "Cost Unknown: amlctl has no prices." in nodes(azure) and "Standard_DS3_v2: 5 → 3" in nodes(azure)
