"""kill -9 of anything: nothing is lost, nothing happens twice, and the endpoint answers again by itself."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable

import pytest

from tests.e2e.project import Caller, Project, processes_of
from tests.e2e.specs import training
from tests.waiting import wait_for

Make = Callable[[str], Project]
ENDPOINT = "online_endpoints.totals"


def find(project: Project, module: str) -> list[int]:
    return [pid for pid, command in processes_of(project.workspace).items() if module in command]


def endpoint_of(project: Project) -> Caller:
    url = project.status()[ENDPOINT]["urls"]["scoring"]
    return Caller(url, project.key("totals"), b'{"a": 1}')


@pytest.mark.parametrize("module", ["supervision.supervisor", "supervision.guard", "serving.worker", "serving.router"])
def test_the_endpoint_answers_again_by_itself(projects: Make, module: str) -> None:
    project = training(projects(""))
    project.apply()
    caller = endpoint_of(project)
    assert caller.ask()[0] == 200
    (victim, *_) = find(project, module)
    with caller:
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: [pid for pid in find(project, module) if pid != victim], f"a new {module}")
        since = time.monotonic()
        wait_for(
            lambda: any(at > since and status == 200 for at, status, _ in caller.answers), "an answer after the kill"
        )
    assert caller.ask()[0] == 200
    wait_for(lambda: project.status()[f"{ENDPOINT}.deployments.blue"]["health"] == "healthy", "a healthy deployment")
    if module in ("supervision.supervisor", "supervision.guard"):
        assert caller.failures == []
    assert project.plan() == {}


def test_status_tells_the_truth_while_the_server_is_away(projects: Make) -> None:
    project = training(projects(""))
    project.apply()
    supervisors = find(project, "supervision.guard") + find(project, "supervision.supervisor")
    for pid in supervisors:
        os.kill(pid, signal.SIGSTOP)  # nobody can heal it now
    try:
        for pid in find(project, "serving.worker"):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not find(project, "serving.worker"), "the servers' end")
        blue = project.status()[f"{ENDPOINT}.deployments.blue"]
        assert blue["health"] != "healthy"
    finally:
        for pid in supervisors:
            os.kill(pid, signal.SIGCONT)
    wait_for(lambda: project.status()[f"{ENDPOINT}.deployments.blue"]["health"] == "healthy", "a healed deployment")


def test_an_apply_killed_at_any_moment_is_finished_by_the_next(projects: Make) -> None:
    project = training(projects(""), pause=0.3)
    moments = random.Random(4)
    for _ in range(6):
        process = project.start("apply", project.spec, "--yes")
        time.sleep(moments.uniform(0.1, 2.0))  # the moment is the point of the test, nothing is waited for
        process.kill()
        process.communicate()
    project.apply()
    assert project.plan() == {}
    with sqlite3.connect(project.workspace / "workspace.db") as database:
        rows = database.execute(
            "select kind, count(*) from records where kind in ('jobs', 'models', 'data') group by kind"
        )
        assert dict(rows) == {"jobs": 1, "models": 1, "data": 1}
    assert endpoint_of(project).ask()[0] == 200


def test_down_leaves_no_process_and_up_brings_the_endpoint_back(projects: Make) -> None:
    project = training(projects(""))
    project.apply()
    caller = endpoint_of(project)
    project.run("workspace", "down", "--path", str(project.workspace))
    assert processes_of(project.workspace) == {}
    assert caller.ask()[0] == 0
    project.run("workspace", "up", "--path", str(project.workspace))
    wait_for(lambda: caller.ask()[0] == 200, "an answer after up, at the same address")
