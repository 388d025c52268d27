"""A workspace's life: machines start anew, folders are copied, it goes down while it comes up. What is promised holds."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.project import Caller, Project, processes_of
from tests.e2e.specs import SCORE, training
from tests.waiting import wait_for

Make = Callable[[str], Project]
ENDPOINT = "online_endpoints.totals"
REQUEST = ("--data", '{"a": 1}')


def serving(project: Project) -> Project:
    """An endpoint with a model from a file: nothing to train."""
    (project.folder / "serve").mkdir()
    (project.folder / "serve" / "score.py").write_text(SCORE)
    (project.folder / "model").mkdir()
    (project.folder / "model" / "model.json").write_text('{"total": 6.0}')
    (project.folder / "spec.yaml").write_text("""project: totals
models:
  total: {type: custom_model, path: model}
online_endpoints:
  totals:
    auth_mode: key
    deployments:
      blue:
        model: azureml:total@latest
        code_configuration: {code: serve, scoring_script: score.py}
        environment: {image: host}
        instance_type: Standard_DS2_v2
        instance_count: 1
    traffic: {blue: 100}
""")
    return project


def power_cut(project: Project) -> None:
    """Nothing of the workspace is alive any more, and nothing was said to it."""
    guards = [pid for pid, command in processes_of(project.workspace).items() if "supervision.guard" in command]
    for pid in (*guards, *processes_of(project.workspace)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_for(lambda: not processes_of(project.workspace), "the end of every process")


def endpoint_of(project: Project) -> Caller:
    return Caller(project.status()[ENDPOINT]["urls"]["scoring"], project.key("totals"), b'{"a": 1}')


@pytest.mark.parametrize("command", ["apply", "invoke", "reconcile"])
def test_after_a_restart_of_the_machine_a_command_that_promises_brings_everything_back(
    projects: Make, command: str
) -> None:
    project = serving(projects(""))
    project.apply()
    caller = endpoint_of(project)
    power_cut(project)
    assert project.status()[ENDPOINT]["health"] == "unknown"
    assert processes_of(project.workspace) == {}, "looking starts nothing"
    arguments = {
        "apply": ("apply", project.spec, "--yes"),
        "invoke": ("invoke", project.spec, ENDPOINT, *REQUEST),
        "reconcile": ("reconcile", project.spec, "--once"),
    }[command]
    done = project.run(*arguments)
    if command == "invoke":
        assert '"total": 6.0' in done.stdout
    wait_for(lambda: caller.ask()[0] == 200, "an answer at the same address")
    assert project.status()[ENDPOINT]["health"] == "healthy"


def test_a_loop_that_only_observes_starts_nothing_and_says_so(projects: Make) -> None:
    project = serving(projects(""))
    project.apply()
    power_cut(project)
    done = project.run("reconcile", project.spec, "--once", "--observe", code=None)
    assert "Ready        False" in done.stdout
    assert processes_of(project.workspace) == {}


def test_invoke_of_a_workspace_that_is_down_wakes_it_and_waits(projects: Make) -> None:
    project = serving(projects(""))
    project.apply()
    project.run("workspace", "down", "--path", str(project.workspace))
    assert '"total": 6.0' in project.run("invoke", project.spec, ENDPOINT, *REQUEST).stdout


def test_a_copied_workspace_leaves_the_original_alone(projects: Make, tmp_path: Path) -> None:
    project = training(projects(""))
    project.apply()
    original = endpoint_of(project)
    before = set(processes_of(project.workspace))
    copy = Project(tmp_path / "copy")
    shutil.copytree(project.folder, copy.folder, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    try:
        assert copy.status()[ENDPOINT]["health"] == "unknown"
        assert "not running" in copy.run("workspace", "down", "--path", str(copy.workspace)).stdout
        copy.apply()
        assert copy.plan() == {}
        its = endpoint_of(copy)
        assert its.url != original.url
        assert (its.ask()[0], original.ask()[0]) == (200, 200)
        copy.run("workspace", "down", "--path", str(copy.workspace))
        assert its.ask()[0] == 0
        assert original.ask()[0] == 200
        assert set(processes_of(project.workspace)) == before
    finally:
        copy.close()


@pytest.mark.parametrize("slow", ["", "1"], ids=["as it is", "slow router"])
def test_down_in_the_middle_of_a_start_leaves_no_process(projects: Make, slow: str, tmp_path: Path) -> None:
    project = serving(projects(""))
    project.apply()
    if slow:
        # A router whose start takes longer than the wish for it lasts.
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "sitecustomize.py").write_text(
            "import sys, time\nif any('serving.router' in part for part in sys.orig_argv): time.sleep(1)\n"
        )
        project.environ["PYTHONPATH"] = f"{tmp_path / 'site'}"
    place = ("--path", str(project.workspace))
    for _ in range(4):
        project.run("workspace", "down", *place)
        coming = project.start("workspace", "up", *place)
        wait_for(
            lambda: any("supervision.supervisor" in c for c in processes_of(project.workspace).values()), "a start"
        )
        project.run("workspace", "down", *place)
        coming.kill()
        coming.communicate()
        project.run("workspace", "down", *place)
        wait_for(lambda: not processes_of(project.workspace), "no process", seconds=5.0)


def test_a_folder_deleted_in_the_middle_of_an_apply_ends_it_with_a_sentence(projects: Make) -> None:
    project = training(projects(""), pause=30)
    running = project.start("apply", project.spec, "--yes")
    wait_for(lambda: list(project.workspace.glob("jobs/*/process")), "the job's start")
    shutil.rmtree(project.workspace, ignore_errors=True)
    _, err = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "was deleted while it was in use" in err
    assert "Traceback" not in err
    wait_for(lambda: not processes_of(project.workspace), "the end of everything it had started")
    assert not (project.workspace / "supervisor").exists()


def test_what_an_apply_is_using_is_neither_reset_nor_cleaned(projects: Make) -> None:
    project = training(projects(""), pause=30)
    running = project.start("apply", project.spec, "--yes")
    wait_for(lambda: list(project.workspace.glob("jobs/*/process")), "the job's start")
    for command in (("reset", "--yes"), ("gc",)):
        refused = project.run("workspace", *command, "--path", str(project.workspace), code=1)
        assert "is locked" in refused.stderr
    running.kill()
    running.communicate()
    project.run("workspace", "reset", "--yes", "--path", str(project.workspace))
    assert not project.workspace.exists()
