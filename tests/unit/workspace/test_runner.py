"""A runner brings a job's folder from its order to its end, with nobody's help."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

from orchestrator.workspace.jobs.folder import Ending, JobFolder, RunExit, RunOrder
from orchestrator.workspace.jobs.launching import process_count
from orchestrator.workspace.processes.process import ProcessIdentity, alive, members, spawn, terminate
from tests.waiting import wait_for

ORDER = RunOrder("run-1", "command", {"type": "command"}, sys.executable, command="true")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[JobFolder]:
    folder = JobFolder(tmp_path / "jobs" / "run-1")
    for part in (folder.code, folder.logs, folder.outputs):
        part.mkdir(parents=True)
    yield folder
    left = folder.runner()
    if left is not None:  # a test that failed half-way leaves nothing running
        terminate(left, 1.0)


def start(folder: JobFolder) -> ProcessIdentity:
    argv = [sys.executable, "-m", "orchestrator.workspace.jobs.runner", str(folder.path)]
    return spawn(argv, cwd=folder.path, log=folder.path / "runner.log")


def run(folder: JobFolder, order: RunOrder) -> RunExit:
    order.write(folder)
    process = start(folder)
    wait_for(lambda: not alive(process))
    assert (folder.path / "runner.log").read_text() == ""
    ended = RunExit.read(folder)
    assert ended is not None
    assert members(process) == ()
    return ended


@pytest.mark.parametrize(
    ("command", "code", "ending", "reason"),
    [
        ("true", 0, Ending.COMPLETED, ""),
        ("exit 3", 3, Ending.FAILED, "Exit code 3."),
        ("kill -SEGV $$", -11, Ending.FAILED, "Ended by signal SIGSEGV."),
        ("a=1\nfalse\ntrue", 0, Ending.COMPLETED, ""),
        ("source /dev/null && [[ a == a ]]", 0, Ending.COMPLETED, ""),
        ("${{inputs.absent}}", None, Ending.FAILED, "The command refers to inputs.absent, which has no value."),
    ],
)
def test_how_commands_end(folder: JobFolder, command: str, code: int | None, ending: Ending, reason: str) -> None:
    ended = run(folder, replace(ORDER, command=command))
    assert (ended.code, ended.ending) == (code, ending)
    assert ended.reason.startswith(reason)
    assert ended.started <= ended.ended


def test_the_command_sees_its_folder_its_variables_and_its_python(folder: JobFolder, tmp_path: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    order = replace(ORDER, python=str(python), environ={"OWN": "x"}, command='pwd; echo "$OWN"; command -v python')
    assert run(folder, order).code == 0
    assert folder.log.read_text().splitlines() == [str(folder.code), "x", str(python)]


def test_a_python_of_another_name_is_called_python(folder: JobFolder, tmp_path: Path) -> None:
    python = tmp_path / "usr" / "python3.11"
    python.parent.mkdir()
    python.symlink_to(Path(sys.executable).resolve())
    assert run(folder, replace(ORDER, python=str(python), command="readlink $(command -v python)")).code == 0
    assert folder.log.read_text() == f"{python}\n"


def test_the_callers_python_settings_do_not_reach_another_interpreter(
    folder: JobFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    monkeypatch.setenv("AMLCTL_X", "1")
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / "env" / "pyvenv.cfg").touch()
    run(folder, replace(ORDER, python=str(python), command='echo "$VIRTUAL_ENV|${PYTHONPATH-none}|${AMLCTL_X-none}"'))
    assert folder.log.read_text() == f"{tmp_path / 'env'}|none|none\n"


def distributed(folder: JobFolder, command: str, **distribution: object) -> RunExit:
    body = {"type": "command", "distribution": distribution}
    return run(folder, replace(ORDER, body=body, command=command, processes=process_count(body)))


def test_workers_of_tensorflow_know_their_cluster_and_its_servers_are_ended(folder: JobFolder) -> None:
    """Each worker waits for the other two, so that the job does not end before all have told what they know."""
    command = (
        'echo "$TF_CONFIG" > ../config-$$; case "$TF_CONFIG" in *\'"type": "ps"\'*) sleep 600;; esac; '
        "while [ $(cat ../config-* | wc -l) -lt 3 ]; do sleep 0.02; done"
    )
    ended = distributed(folder, command, type="TensorFlow", worker_count=2, parameter_server_count=1)
    assert (ended.code, ended.ending) == (0, Ending.COMPLETED)
    told = [json.loads(path.read_text()) for path in folder.path.glob("config-*")]
    assert sorted((each["task"]["type"], each["task"]["index"]) for each in told) == [
        ("ps", 0),
        ("worker", 0),
        ("worker", 1),
    ]
    assert all(each["cluster"] == told[0]["cluster"] for each in told)
    places = [place for names in told[0]["cluster"].values() for place in names]
    assert len(set(places)) == 3 and all(place.startswith("127.0.0.1:") for place in places)


def test_a_worker_that_fails_ends_the_others(folder: JobFolder) -> None:
    command = 'case "$TF_CONFIG" in *\'"index": 1\'*) exit 4;; esac; sleep 600'
    ended = distributed(folder, command, type="tensorflow", worker_count=2)
    assert (ended.code, ended.reason) == (4, "Exit code 4.")


def test_mpi_starts_the_processes(folder: JobFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a launcher that only shows how it was called."""
    program = tmp_path / "programs" / "mpirun"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "mpirun $1 $2 $OMPI_ALLOW_RUN_AS_ROOT"; shift 2; exec "$@"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    assert distributed(folder, "echo trained", type="mpi", process_count_per_instance=3).code == 0
    assert folder.log.read_text() == "mpirun -np 3 1\ntrained\n"


@pytest.mark.skipif(which("mpirun") is None, reason="MPI is not installed")
def test_ranks_of_mpi(folder: JobFolder) -> None:
    ended = distributed(
        folder, "echo $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE", type="mpi", process_count_per_instance=3
    )
    assert ended.code == 0, folder.log.read_text()
    assert sorted(folder.log.read_text().split("\n")) == ["", "0 of 3", "1 of 3", "2 of 3"]


def test_the_log_is_for_the_owner_only(folder: JobFolder) -> None:
    run(folder, ORDER)
    assert folder.log.stat().st_mode & 0o077 == 0
    assert folder.order.stat().st_mode & 0o077 == 0


def test_the_time_limit(folder: JobFolder) -> None:
    ended = run(folder, replace(ORDER, command="sleep 600", timeout_s=0.2))
    assert (ended.ending, ended.reason) == (Ending.FAILED, "The job exceeded its time limit of 0.2 s.")


def test_a_polite_signal_cancels(folder: JobFolder) -> None:
    replace(ORDER, command="touch ready; sleep 600").write(folder)
    process = start(folder)
    wait_for((folder.code / "ready").exists)
    os.kill(process.pid, signal.SIGTERM)
    wait_for(lambda: not alive(process))
    ended = RunExit.read(folder)
    assert ended is not None
    assert ended.ending is Ending.CANCELLED


def test_a_run_that_has_ended_is_not_run_again(folder: JobFolder) -> None:
    replace(ORDER, command="echo x >> times").write(folder)
    for _ in range(2):
        process = start(folder)
        wait_for(lambda process=process: not alive(process))
    assert (folder.code / "times").read_text() == "x\n"


def test_one_of_several_processes_that_fails_ends_the_others(folder: JobFolder) -> None:
    ended = run(folder, replace(ORDER, command="[ $RANK = 1 ] && exit 5; sleep 600", processes=2))
    assert (ended.code, ended.reason) == (5, "Exit code 5.")


@pytest.mark.parametrize("text", ["", "{", "{}", '{"code": 0, "ending": "sideways"}'])
def test_a_damaged_exit_file_is_no_result(folder: JobFolder, text: str) -> None:
    folder.exit.write_text(text)
    assert RunExit.read(folder) is None


def test_orders_and_exits_are_read_back(folder: JobFolder) -> None:
    order = replace(ORDER, inputs={"a": "1"}, literals=("a",), timeout_s=3.0)
    order.write(folder)
    assert RunOrder.read(folder) == order
    ended = RunExit(1, Ending.FAILED, "why", 1.0, 2.0)
    ended.write(folder)
    assert RunExit.read(folder) == ended


def test_a_secret_that_the_job_prints_is_not_in_its_logs(folder: JobFolder) -> None:
    command = (
        'echo "first $TOKEN"; printf hunter2; sleep 0.01; printf hunter2; echo; echo "$TOKEN" >&2\n'
        "(sleep 0.05; echo late $TOKEN) & sleep 0.1; exit 4"
    )
    order = replace(
        ORDER, command=command, environ={"TOKEN": "hunter2hunter2"}, secrets={"hunter2hunter2": "token"}, processes=2
    )
    assert run(folder, order).code == 4
    files = sorted(folder.logs.iterdir())
    assert len(files) == 2
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        assert b"hunter2" not in file.read_bytes()
    lines = folder.log.read_text().splitlines()
    assert lines == ["first (secret token)", "(secret token)", "(secret token)", "late (secret token)"]
