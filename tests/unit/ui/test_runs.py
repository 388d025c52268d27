"""Pages of runs: why they ran, what they logged, how they compare."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from orchestrator.core.figures import Figures, Point
from orchestrator.core.health import Health
from orchestrator.report.children import primary_metric
from orchestrator.ui.charts import line_chart, share_bars, ticks_of
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.run import leaderboard
from orchestrator.ui.parallel import Trial, parallel_coordinates
from tests.unit.ui.conftest import TRAIN, Played, browser_of, with_objects


def test_runs_are_listed_found_and_compared(browser: TestClient) -> None:
    text = browser.get("/runs").text
    assert text.index("train-2") < text.index("train-1")  # newest first
    assert "1 min 2 s" in text
    assert "train-1<" not in browser.get("/runs?health=healthy").text
    compared = browser.get("/compare?run=jobs.train/train-1&run=jobs.train/train-2&run=jobs.train/none").text
    assert "train-1" in compared
    assert "loss" in compared
    assert "Check some runs" in browser.get("/compare").text


def test_a_run_says_why_it_ran_and_what_it_logged(ran: Snapshot) -> None:
    first, second = ran.observation.objects[TRAIN]
    second = replace(second, properties={**second.properties, "command": "python train.py --lr 2"})
    browser = browser_of(Played(with_objects(ran, {TRAIN: (first, second)}), ran.project.root))
    text = browser.get("/run/jobs.train?name=train-2").text
    for part in (
        "python train.py --lr 2",
        "differ from the run before",
        "<polyline",
        "trial 2",
        "best",
        "outputs/model.txt",
        "AUC",
    ):
        assert part in text
    assert "first run of this job" in browser.get("/run/jobs.train?name=train-1").text
    assert browser.get("/run/jobs.train?name=other").status_code == 404


def test_steps_of_a_pipeline_are_a_graph_with_what_was_reused(browser: TestClient) -> None:
    text = browser.get("/run/jobs.flow?name=flow-1").text
    for part in (
        'aria-label="Steps"',
        "action-reused",
        "action-waiting",
        "step-reused",
        "from older",
        'href="#step-1"',
    ):
        assert part in text
    assert text.count('<path class="edge"') == 1
    assert "Trials" not in text


def test_trials_are_lines_over_their_parameters(browser: TestClient) -> None:
    text = browser.get("/run/jobs.train?name=train-2").text
    chart = text[text.index('<svg class="chart parallel"') :]
    assert chart.count('class="way ') == 3
    assert chart.index("way trial") < chart.index("way best")  # the best lies over the others
    assert "trial 2: 0.7 (depth 2" in chart


@pytest.mark.parametrize(
    ("values", "metrics", "axes"),
    [
        ({"a": ["1", "1"]}, [1.0, 2.0], 0),
        ({"a": ["1", "2"]}, [1.0, 1.0], 2),
        ({"a": ["1e-5", "1"], "b": ["x", ""]}, [1.0, 2.0], 3),
        ({"a": ["1e308", "-1e308"], "b": ["<b>", "y"]}, [1.0, None], 0),
        ({"a": ["1e308", "-1e308", "2"], "b": ["<b>", "y", "y"]}, [1.0, 2.0, float("nan")], 2),
        ({f"p{number}": ["1", "2"] for number in range(30)}, [1.0, 2.0], 8),
        ({}, [], 0),
    ],
)
def test_any_trials_make_a_picture(values: dict[str, list[str]], metrics: list[float | None], axes: int) -> None:
    trials = [
        Trial(f"t{number}", {name: each[number] for name, each in values.items()}, value, best=number == 0)
        for number, value in enumerate(metrics)
    ]
    chart = parallel_coordinates(list(values), "m", trials)
    assert chart.count('class="upright"') == axes
    assert bool(chart) == bool(axes)
    assert "<b>" not in chart and "nan" not in chart and "inf" not in chart


def test_logs_and_figures_are_asked_for_again_while_a_run_goes_on(ran: Snapshot, source: Played) -> None:
    browser = browser_of(source)
    for page in ("log", "figures"):
        assert browser.get(f"/{page}/jobs.train?name=train-2").headers["x-done"] == "1"
    first, second = ran.observation.objects[TRAIN]
    source.now = with_objects(ran, {TRAIN: (first, replace(second, health=Health.PROGRESSING))})
    for page in ("log", "figures"):
        assert "x-done" not in browser.get(f"/{page}/jobs.train?name=train-2").headers
    source.lines = [f"line {number}" for number in range(3000)]
    text = browser.get("/log/jobs.train?name=train-2").text
    assert "line 2999" in text
    assert "(2000 lines before)" in text


def test_outputs_are_kept_and_never_shown(browser: TestClient) -> None:
    answer = browser.get("/file/jobs.train?name=train-2&path=outputs/model.txt")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    for path in ("../spec.yaml", "/etc/passwd", ""):
        assert browser.get("/file/jobs.train", params={"name": "train-2", "path": path}).status_code == 404


def test_a_page_that_a_run_has_made_has_no_rights(browser: TestClient) -> None:
    query = {"name": "train-2", "path": "outputs/rai/dashboard.html"}
    answer = browser.get("/view/jobs.train", params=query)
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in policy and "connect-src" not in policy
    for path in ("outputs/model.txt", "../spec.yaml", "none.html"):
        assert browser.get("/view/jobs.train", params={**query, "path": path}).status_code == 404


def test_a_model_says_which_run_made_it_and_how_good_it_is(browser: TestClient) -> None:
    for page in ("/resource/models.scorer", "/run/jobs.train?name=train-2"):
        text = browser.get(page).text
        for part in ("train-2", "Confusion", "ROC", "Residuals", "Importance of features", "60 rows: test_data"):
            assert part in text
        assert "/view/jobs.train?name=train-2&amp;path=outputs%2Frai%2Fdashboard.html" in text
    assert "Made by" in browser.get("/resource/models.scorer").text
    assert "Made by" not in browser.get("/resource/data.rows").text


def test_children_are_ranked_the_way_their_search_looks(ran: Snapshot) -> None:
    run = ran.observation.objects[TRAIN][0]
    children = [
        Figures(run_id=name, name=name, metrics={metric: (Point(0, value),)} if value is not None else {})
        for metric in ("val_loss",)
        for name, value in (("a", 0.5), ("b", 0.1), ("c", None), ("d", float("nan")))
    ]
    assert primary_metric(run, children) == "val_loss"
    assert [row["name"] for row in leaderboard(children, "val_loss", run)][:2] == ["b", "a"]
    upwards = replace(run, properties={"objective": {"goal": "maximize", "primary_metric": "val_loss"}})
    rows = leaderboard(children, "val_loss", upwards)
    assert [row["name"] for row in rows][:2] == ["a", "b"]
    assert [row["best"] for row in rows] == [True, False, False, False]


@pytest.mark.parametrize(
    "values",
    [[], [1.0], [2.0, 2.0], [0.0, 1e-300], [-1e9, 1e9], [float("nan"), 1.0], [float("inf"), 0.0], [1.0] * 5000],
)
def test_any_values_make_a_chart(values: list[float]) -> None:
    chart = line_chart("<m>", [Point(step, value) for step, value in enumerate(values)])
    assert chart.endswith("</svg>")
    assert "<m>" not in chart
    assert "nan" not in chart
    assert len(chart) < 20_000


def test_ticks_are_round_and_around_the_values() -> None:
    assert ticks_of(0.1, 0.93) == [0.0, 0.5, 1.0]
    assert ticks_of(3.0, 3.0) == [3.0]
    assert share_bars([("<b>", 90.0), ("green", 10.0)]).count("<rect") == 3
