"""The pages of a project that lives in Azure, as far as one machine can be it: made by the button, looked at, asked seldom."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project
from orchestrator.ui.app import application
from orchestrator.ui.source import LiveSource
from orchestrator.workspace.arm.service import GROUP, SUBSCRIPTION, WORKSPACE
from tests.contract.served import served_choice
from tests.waiting import wait_for
from tests.wire.faults import FaultyService

HOST, TOKEN = "http://127.0.0.1:8643", "a-token"  # of this test
FROM_HERE = {"origin": HOST}

SPEC = f"""project: far
workspace: {{azure: {{subscription_id: {SUBSCRIPTION}, resource_group: {GROUP}, workspace_name: {WORKSPACE}}}}}
compute:
  cpu: {{type: amlcompute, size: Standard_DS3_v2, max_instances: 1}}
data:
  rows: {{type: uri_file, path: rows.csv}}
jobs:
  train:
    type: command
    command: cp ${{{{inputs.rows}}}} ${{{{outputs.model}}}}/model.txt && echo trained
    environment: {{image: "python:3.11"}}
    compute: azureml:cpu
    inputs: {{rows: {{type: uri_file, path: azureml:rows@latest}}}}
    outputs: {{model: {{type: uri_folder}}}}
models:
  scorer: {{type: custom_model, path: azureml://jobs/train/outputs/model}}
online_endpoints:
  answers: {{auth_mode: key}}
schedules:
  yearly:
    create_job: azureml:train
    trigger: {{type: cron, expression: "0 3 1 1 *", start_time: "2040-01-01T00:00:00", time_zone: UTC}}
"""


@pytest.fixture
def browser(service: FaultyService, connect: Callable[..., Any], tmp_path: Path) -> TestClient:
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n")
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC)
    # Work is asked after each second: that is no setting of a spec.
    source = LiveSource(lambda: replace(load_project([spec], LoadOptions()), workspace=served_choice()))
    client = TestClient(application(source, TOKEN, allow_apply=True), HOST)
    first = client.get(f"/?token={TOKEN}")
    assert first.status_code == 200, first.text
    return client


def test_the_whole_page_on_a_served_workspace(browser: TestClient, service: FaultyService) -> None:
    plan = browser.get("/plan").text
    assert "3 to create" not in plan and "1 to run" in plan
    digest = re.search(r'name="plan" value="(\w+)"', plan)
    assert digest is not None
    browser.post("/apply", data={"plan": digest[1]}, headers=FROM_HERE)
    wait_for(lambda: browser.get("/apply").headers.get("X-Done"), "the apply ends", seconds=120)
    assert "Apply complete" in browser.get("/apply").text, browser.get("/apply").text

    page = browser.get("/").text
    assert "Everything is as the spec says." in page and "first run of this job" in page and "Apply #1" in page
    seen = opened(browser, page)
    assert {"data.rows", "jobs.train", "models.scorer", "online_endpoints.answers", "schedules.yearly"} <= seen.keys()
    assert "Made by" in seen["models.scorer"] and "/run/jobs.train" in seen["models.scorer"]
    assert "Azure Monitor" in browser.get("/live/online_endpoints.answers").text
    runs = re.search(r'href="(/run/jobs.train[^"]*)"', browser.get("/runs").text)
    assert runs is not None
    run = browser.get(unescape(runs[1])).text
    assert "Started by apply #1" in run and "trained" in browser.get(unescape(runs[1]).replace("/run/", "/log/")).text
    assert all(name in browser.get("/history").text for name in seen)
    assert "2040-01-01 03:00:00 UTC" in browser.get("/schedules").text

    before = len(service.faults.log)
    for path in ("/", "/plan", "/history", "/schedules", unescape(runs[1]), "/resource/models.scorer", "/runs"):
        assert browser.get(path).status_code == 200
    assert service.faults.log[before:] == [], "what is known of a far workspace is not asked again at once"


def opened(browser: TestClient, page: str) -> dict[str, str]:
    """The page of each resource that a page leads to."""
    links = set(re.findall(r'href="(/resource/[^"]*)"', page))
    found = {}
    for link in links:
        answer = browser.get(unescape(link))
        assert answer.status_code == 200, link
        found[link.removeprefix("/resource/")] = answer.text
    return found
