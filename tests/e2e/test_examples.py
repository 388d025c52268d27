"""Every example runs and does what its page says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.project import ROOT, Project, processes_of
from tests.waiting import wait_for


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    project = Project.copy_of(ROOT / "examples" / request.param, tmp_path / request.param)
    project.environ["DEMO_STORAGE_KEY"] = "canary-4711"
    yield project
    project.close()


@pytest.mark.parametrize("example", ["command-job"], indirect=True)
def test_a_command_job_in_an_environment_of_its_own(example: Project) -> None:
    outcomes = example.apply()
    assert outcomes["jobs.train"]["outcome"] == "ran"
    assert "rmse" in example.run("logs", example.spec, "jobs.train").stdout
    assert example.plan() == {}
    assert example.plan("--var", "ridge=1")["models.plants"]["action"] == "revise"


@pytest.mark.parametrize("example", ["custom-model"], indirect=True)
def test_a_custom_model_behind_a_scoring_script(example: Project) -> None:
    example.apply()
    asked = example.run(
        "invoke", example.spec, "online_endpoints.greeter-endpoint", "--data", '{"name": "Bo", "language": "de"}'
    )
    assert json.loads(asked.stdout) == {"text": "Hallo, Bo!"}
    assert example.plan() == {}
    example.edit("serve/score.py", 'f"{greeting}, ', 'f"{greeting} ')
    changes = example.plan()
    assert list(changes) == ["online_endpoints.greeter-endpoint.deployments.blue"]
    assert "score.py" in changes["online_endpoints.greeter-endpoint.deployments.blue"]["reason"]


@pytest.mark.parametrize("example", ["batch"], indirect=True)
def test_a_failing_mini_batch_costs_what_the_deployment_allows(example: Project) -> None:
    subprocess.run([sys.executable, "make_data.py"], cwd=example.folder, check=True)
    example.apply()
    assert example.plan() == {}
    scored = example.run("invoke", example.spec, "batch_endpoints.readings", "--input", "data", "--job-name", "one")
    assert "Completed: 10 of 10 mini-batches" in scored.stderr
    rows = [line.split(",")[0] for line in Path(scored.stdout.strip()).read_text().splitlines()]
    assert rows == [f"reading-{number:02}.txt" for number in range(40) if number not in range(16, 20)]
    strict = "batch_endpoints.readings.deployments.strict"
    failed = example.run("invoke", example.spec, strict, "--input", "data", "--job-name", "two", code=1)
    assert "4 items failed; 0 may fail. The last error: ValueError" in failed.stderr
    jobs = example.data("runs", "batch", example.spec, "batch_endpoints.readings")
    assert [(job["job"], job["status"], job["deployment"]) for job in jobs] == [
        ("two", "Failed", "strict"),
        ("one", "Completed", "tolerant"),
    ]
    started = example.run(
        "invoke", example.spec, strict, "--input", "data/reading-00.txt", "--no-wait", "--set", "timeout=9"
    )
    assert started.stdout.startswith("batchjob-")


@pytest.mark.parametrize("example", ["blue-green"], indirect=True)
def test_green_takes_over(example: Project) -> None:
    example.apply()
    asked = example.run("invoke", example.spec, "online_endpoints.rates", "--data", '{"amount": 100}')
    assert json.loads(asked.stdout)["version"] == "v1"
    over = ("--var", "blue_percent=0", "--var", "green_percent=100", "--var", "mirror_percent=0")
    assert set(example.apply(*over)) == {"online_endpoints.rates.traffic"}
    asked = example.run("invoke", example.spec, "online_endpoints.rates", "--data", '{"amount": 100}', *over)
    assert json.loads(asked.stdout)["version"] == "v2"


@pytest.mark.parametrize("example", ["targets-and-secrets"], indirect=True)
def test_targets_differ_and_the_secret_stays_secret(example: Project) -> None:
    said = [example.run("apply", example.spec, "--yes", "-v")]
    assert example.status().keys() == {"compute.cpu-cluster", "datastores.raw", "jobs.report"}
    assert "with 1 node(s)" in example.run("logs", example.spec, "jobs.report").stdout
    said.append(example.run("apply", example.spec, "--yes", "--target", "staging", "--var", "nodes=4"))
    assert "with 4 node(s)" in example.run("logs", example.spec, "jobs.report", "--target", "staging").stdout
    example.environ["DEMO_STORAGE_KEY"] = "canary-4712"
    said.append(example.run("plan", example.spec, "-v"))
    assert "datastores.raw" in said[-1].stdout
    said.append(example.run("plan", example.spec, "--format", "json", "-o", "plan.json"))
    for done in said:
        assert "canary" not in done.stdout + done.stderr
    for path in example.folder.rglob("*"):
        if path.is_file() and "secrets" not in path.relative_to(example.folder).parts:
            assert b"canary" not in path.read_bytes(), path
    example.run("workspace", "down", "--path", str(example.folder / ".amlctl-staging"))


def test_the_starter_project_works_as_it_comes(tmp_path: Path) -> None:
    project = Project(tmp_path / "starter")
    project.folder.mkdir()
    project.run("init", ".")
    try:
        outcomes = project.apply()
        assert [a["status"] for a in outcomes["online_endpoints.starter-price.traffic"]["answers"]] == [200]
        assert project.plan() == {}
    finally:
        project.close()


@pytest.mark.parametrize("example", ["sweep"], indirect=True)
def test_a_sweep_registers_the_model_of_its_best_trial(example: Project) -> None:
    assert example.apply()["jobs.tune"]["outcome"] == "ran"
    said = example.run("logs", example.spec, "jobs.tune").stdout
    assert said.count("completed, loss") == 4 and "<- best" in said
    assert example.plan() == {}, "the runs of its trials are no business of a plan"
    example.edit("spec.yaml", "max_concurrent_trials: 2", "max_concurrent_trials: 1")
    assert "jobs.tune" not in example.plan()
    example.edit("spec.yaml", "max_value: 1.0", "max_value: 2.0")
    assert {"jobs.tune", "models.tuned"} <= example.plan().keys()


@pytest.mark.parametrize("example", ["pipeline"], indirect=True)
def test_a_pipeline_runs_again_only_where_something_changed(example: Project) -> None:
    assert example.apply()["jobs.yield"]["outcome"] == "ran"
    said = example.run("logs", example.spec, "jobs.yield").stdout
    assert said.count("completed in") == 4 and "reused" not in said
    assert example.plan() == {}, "the runs of its steps are no business of a plan"
    example.edit("evaluate/evaluate.py", "rmse {", "error {")
    assert "evaluate.py" in example.plan()["jobs.yield"]["reason"]
    foreseen = example.run("plan", example.spec).stdout
    assert "3 of 4 steps reused if it runs (prep, train, score); evaluate runs again" in foreseen
    example.apply()
    said = example.run("logs", example.spec, "jobs.yield").stdout
    assert said.count("reused from") == 3 and "step evaluate: completed" in said
    assert "Completed; 3 of 4 steps reused." in said


@pytest.mark.parametrize("example", ["schedules"], indirect=True)
def test_schedules_keep_their_local_time_when_the_clocks_change(example: Project) -> None:
    example.apply()
    said = example.run("workspace", "tick", example.spec, "--to", "2040-04-10T00:00", "--quiet").stdout
    assert [line.split()[0] for line in said.splitlines()[:-1]] == [
        "2040-03-18T02:30Z", "2040-03-25T01:30Z", "2040-04-01T01:30Z", "2040-04-01T04:00Z", "2040-04-08T01:30Z",
    ]  # fmt: skip
    assert said.count("healthy") == 5
    assert example.plan() == {}
    again = example.run("workspace", "tick", example.spec, "--to", "2040-04-10T00:00", "--quiet").stdout
    assert again == "Nothing is due until then.\n"


@pytest.mark.parametrize("example", ["responsible-ai"], indirect=True)
def test_a_model_is_looked_at_with_every_component_of_the_registry(example: Project) -> None:
    """The whole dashboard, once and for real: what each tool finds is tested beside it."""
    assert example.apply()["jobs.readmission"]["outcome"] == "ran"
    [outputs] = example.workspace.glob("jobs/readmission-????????????/outputs")
    tree = json.loads((outputs / "dashboard" / "dashboard.json").read_text())
    found = {one["kind"]: one for one in tree["insights"]}
    assert found.keys() == {"explanation", "error_analysis", "counterfactual", "causal"}
    assert next(iter(found["explanation"]["global"])) in ("age", "visits")
    assert tree["metrics"]["accuracy_score"] > 0.7
    [effect] = found["causal"]["effects"]
    assert effect["ci_lower"] > 0, "more visits, more readmissions"
    card = json.loads((outputs / "scorecard" / "scorecard.json").read_text())
    assert [one["name"] for one in card["metrics"]] == ["accuracy_score", "error_rate"]
    assert "Readmission of patients" in (outputs / "dashboard" / "dashboard.html").read_text()
    assert (outputs / "scorecard" / "scorecard.html").is_file()
    assert example.plan() == {}


@pytest.mark.parametrize("example", ["monitoring"], indirect=True)
def test_a_monitor_finds_planted_drift_also_when_everything_is_killed_meanwhile(example: Project) -> None:
    """Collected by the package of Azure in a scoring script, compared with the training data, told as alerts; nothing runs twice."""
    subprocess.run([sys.executable, "make_data.py"], cwd=example.folder, check=True)
    example.apply()
    assert example.plan() == {}
    example.run("invoke", example.spec, "online_endpoints.rents", "--request-file", "requests/drifted.json")
    place = example.workspace / "datastores/workspaceblobstore/modelDataCollector/rents/blue"
    wait_for(lambda: len(list(place.rglob("*.jsonl"))) == 2, "collected data")
    run = example.run("trigger", example.spec, "schedules.watch-rents").stdout.strip()
    folder = example.workspace / "jobs" / run
    wait_for((folder / "run.json").exists, "the start of the monitor")
    for pid, command in processes_of(example.workspace).items():
        if "workspace.supervision.supervisor" in command or run in command:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    wait_for(lambda: "alerts of" in (example.status()["schedules.watch-rents"]["message"] or ""), "the alerts")
    found = json.loads((folder / "outputs" / "monitor.json").read_text())
    assert {text.split(" is ")[0] for text in found["alerts"]} == {
        "inputs: normalized_wasserstein_distance of size",
        "inputs: two_sample_kolmogorov_smirnov_test of size",
        "inputs: population_stability_index of district",
        "predictions: jensen_shannon_distance of rent",
        "quality: out_of_bounds_rate of district",
    }
    assert [one.name for one in example.workspace.glob("jobs/watch-rents-*")] == [run]
    assert example.data("runs", "show", example.spec, run)["health"] == "healthy"
    assert example.plan() == {}
