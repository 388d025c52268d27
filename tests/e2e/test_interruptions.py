"""Ctrl-C, two applies at once, saved plans, and what goes to which stream."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable

import pytest

from tests.e2e.project import Project
from tests.e2e.specs import training
from tests.waiting import wait_for

Make = Callable[[str], Project]


def runs(project: Project) -> list[str]:
    jobs = project.workspace / "jobs"
    return sorted(path.name for path in jobs.iterdir()) if jobs.exists() else []


def running(project: Project) -> bool:
    return any((project.workspace / "jobs" / run / "run.json").exists() for run in runs(project))


def test_the_first_interrupt_drains_and_the_next_apply_goes_on(projects: Make) -> None:
    project = training(projects(""), pause=1.5)
    process = project.start("apply", project.spec, "--yes", "--format", "json")
    wait_for(lambda: running(project), "the job")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Press Ctrl-C again" in err
    outcomes = {o["address"]: o["outcome"] for o in json.loads(out)["outcomes"]}
    assert outcomes["jobs.train"] == "ran"
    assert outcomes["models.total"] == "cancelled"
    assert "ran" not in {o["outcome"] for o in project.apply().values()}
    assert len(runs(project)) == 1
    assert project.plan() == {}


@pytest.mark.parametrize("by_the_system", [False, True])
def test_the_second_interrupt_stops_waiting_and_the_job_is_taken_up(projects: Make, by_the_system: bool) -> None:
    project = training(projects(""), pause=2.0)
    process = project.start("apply", project.spec, "--yes")
    wait_for(lambda: running(project), "the job")
    process.send_signal(signal.SIGINT)
    wait_for(
        lambda: process.stderr is not None and "Press Ctrl-C again" in process.stderr.readline(), "the first notice"
    )
    process.send_signal(signal.SIGTERM if by_the_system else signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    told = next(line for line in (out + err).splitlines() if "jobs.train" in line and "left running" in line)
    assert "cancelled" not in told
    assert "Operations in the workspace continue; the next apply resumes them." in out + err
    project.apply()
    assert len(runs(project)) == 1
    assert project.plan() == {}


def test_a_second_apply_is_refused_by_name_or_waits(projects: Make) -> None:
    project = training(projects(""), pause=2.0)
    first = project.start("apply", project.spec, "--yes")
    wait_for(lambda: running(project), "the job")
    refused = project.run("apply", project.spec, "--yes", code=1)
    assert str(first.pid) in refused.stderr
    waiting = project.run("apply", project.spec, "--yes", "--lock-wait", "60", code=None)
    first.communicate(timeout=60)
    assert first.returncode == 0
    # Either the first was done when the second planned, or the plan had to be read again.
    assert waiting.returncode == 0 or "plan-outdated" in waiting.stderr
    assert len(runs(project)) == 1


def test_a_saved_plan_is_applied_once_and_only_if_it_still_holds(projects: Make) -> None:
    project = training(projects(""))
    project.run("plan", project.spec, "-o", "plan.json")
    project.run("apply", "plan.json")
    stale = project.run("apply", "plan.json", code=1)
    assert "saved-plan-stale" in stale.stderr
    project.run("plan", project.spec, "-o", "plan.json")
    (project.folder / "numbers.txt").write_text("1\n")
    assert "saved-plan-stale" in project.run("apply", "plan.json", code=1).stderr


def test_stdout_carries_json_alone_and_stderr_json_lines_when_asked(projects: Make) -> None:
    project = projects("project: streams\ncompute: {cpu: {type: amlcompute, size: Standard_DS2_v2}}\n")
    done = project.run("apply", project.spec, "--yes", "--format", "json", "--log-format", "json", "-q")
    assert json.loads(done.stdout)["outcomes"][0]["outcome"] == "created"
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"started", "finished"} <= {event["event"] for event in events}


def test_an_apply_killed_in_the_middle_leaves_a_lock_that_expires_with_it(projects: Make) -> None:
    project = training(projects(""), pause=1.0)
    process = project.start("apply", project.spec, "--yes")
    wait_for(lambda: running(project), "the job")
    process.kill()
    process.communicate()
    project.apply()
    with sqlite3.connect(project.workspace / "workspace.db") as database:
        assert database.execute("select count(*) from records where kind = 'jobs'").fetchone() == (1,)
