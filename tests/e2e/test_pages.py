"""The pages on a real project: an apply by its button, a run's curve while it grows, the traffic bar as it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project
from orchestrator.reconcile.server.listen import Listen
from orchestrator.ui.serve import serving
from orchestrator.ui.source import LiveSource
from tests.browser import CHROMIUM, launched
from tests.e2e.project import Project
from tests.e2e.specs import two_colours

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)")
PATIENCE_MS: Final = 120_000

LOG: Final = """import json, os, time, urllib.request
for step in range(400):
    told = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "loss", "value": 1 / (1 + step), "step": step}
    told["timestamp"] = int(time.time() * 1000)
    address = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}
    urllib.request.urlopen(urllib.request.Request(address, json.dumps(told).encode(), headers)).read()
    if os.path.exists(os.environ["ENOUGH"]):
        break
    time.sleep(0.3)
"""


def test_apply_curve_and_traffic(projects: Callable[[str], Project]) -> None:
    project = two_colours(projects(""), 90, 10)
    (project.folder / "src").mkdir()
    (project.folder / "src" / "log.py").write_text(LOG)
    enough, spec = project.folder / "enough", project.folder / "spec.yaml"
    spec.write_text(
        spec.read_text()
        + f"""jobs:
  learn:
    type: command
    code: src
    command: python log.py
    environment: {{image: host}}
    environment_variables: {{ENOUGH: '{enough}'}}
"""
    )
    source = LiveSource(lambda: load_project([spec], LoadOptions()))
    with serving(source, Listen(port=0), allow_apply=True) as place, launched() as browser:
        page = browser.new_context(base_url=place.url).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(place.entrance)
        apply(page)
        seen_growing(page)
        enough.touch()
        page.goto("plan")
        told(page, "Apply complete")
        page.goto("resource/online_endpoints.colours")
        expect(page.locator("svg.bars").first).to_have_attribute("aria-label", "blue 90 %, green 10 %")
        other = page.context.new_page()
        other.set_default_timeout(PATIENCE_MS)
        spec.write_text(spec.read_text().replace("blue: 90", "blue: 40").replace("green: 10", "green: 60"))
        other.goto(place.url)
        apply(other)
        told(other, "Apply complete")
        # The page that was open all the time says so by itself.
        expect(page.locator("svg.bars").first).to_have_attribute(
            "aria-label", "blue 40 %, green 60 %", timeout=PATIENCE_MS
        )


def apply(page: Page) -> None:
    review = page.get_by_role("link", name="Review the plan")
    while not review.count():  # the workspace was looked at a moment before the spec was changed
        page.reload()
    review.click()
    page.get_by_role("button", name="Apply this plan").click()


def told(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text, timeout=PATIENCE_MS)


def seen_growing(page: Page) -> None:
    """The curve of the run that goes on gets longer while its page is open."""
    page.goto("runs")
    link = page.get_by_role("link", name="learn-")
    while not link.count():  # it is begun when what it needs is there
        page.reload()
    link.first.click()
    curve = page.locator("svg.chart polyline.series").first
    expect(curve).to_be_attached(timeout=PATIENCE_MS)
    before = str(curve.get_attribute("points"))
    expect(curve).not_to_have_attribute("points", before, timeout=PATIENCE_MS)
