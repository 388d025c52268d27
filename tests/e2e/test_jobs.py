"""Jobs on a real supervisor: they run, are stopped, and outlive the death of everybody who watches them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.environments.accelerators import gpu_here
from orchestrator.workspace.folder.identity import ensure_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.folder import JobFolder
from orchestrator.workspace.processes.process import ProcessIdentity, alive, identity_of, members, terminate
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from orchestrator.workspace.supervision.control import ControlAddress, ControlFiles, held
from orchestrator.workspace.supervision.guard import start_guard
from orchestrator.workspace.tracking.client import TrackingClient
from orchestrator.workspace.tracking.server import read_access, read_address
from tests.waiting import wait_for
from tests.wheels import wheel

pytestmark = pytest.mark.slow


class Workspace:
    """A workspace in a folder, with its supervisor."""

    def __init__(self, root: Path) -> None:
        self.paths = WorkspacePaths(root)
        ensure_identity(self.paths)
        self.files = ControlFiles(self.paths)
        self.store = RecordStore(self.paths)
        self.client = SupervisorClient(self.paths)

    def submit(self, run: str, body: dict[str, Any], **attributes: Any) -> Record:
        record = self.store.insert(
            Record(
                "jobs",
                "jobs.work",
                run,
                owner="tests",
                body={"type": "command", "environment": {"image": "some/image"}, **body},
                health=Health.PROGRESSING,
                phase="queued",
                variant="command",
                attributes=attributes,
            )
        )
        self.client.ensure()
        self.client.nudge()
        return record

    def record(self, run: str) -> Record:
        record = self.store.get("jobs", "jobs.work", run)
        assert record is not None
        return record

    def ended(self, run: str) -> Record:
        wait_for(lambda: self.record(run).health is not Health.PROGRESSING)
        return self.record(run)

    def run(self, run: str, body: dict[str, Any], **attributes: Any) -> Record:
        self.submit(run, body, **attributes)
        return self.ended(run)

    def folder(self, run: str) -> JobFolder:
        return JobFolder(self.paths.job(run))

    def wait_for_file(self, run: str, name: str) -> None:
        wait_for((self.folder(run).code / name).exists)

    def supervisor_pid(self) -> int:
        address = ControlAddress.read(self.files)
        assert address is not None
        return address.process.pid

    def guard_pid(self) -> int:
        return ProcessIdentity.parse(wait_for(self.files.guard_lock.read_text)).pid


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path / "ws")
    yield workspace
    workspace.client.shutdown()
    workspace.store.close()


def test_a_job_gets_its_inputs_leaves_outputs_and_its_metric_arrives(workspace: Workspace, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("a\n1\n2\n")
    command = (
        "cp ${{inputs.rows}} ${{outputs.copy}}/rows.csv\n"
        'echo "rate ${{inputs.rate}} ${{inputs.text}}"\n'
        "echo kept > outputs/kept.txt\n"
        "$[[echo never ${{inputs.absent}}]]\n"
        "python -c \"import mlflow; mlflow.log_metric('score', 0.5)\"\n"
    )
    record = workspace.run(
        "run-1",
        {
            "command": command,
            "inputs": {
                "rows": {"type": "uri_file", "path": str(table)},
                "rate": 0.1,
                "text": "two words; $(id)",
                "absent": {"type": "string", "optional": True},
            },
            "outputs": {"copy": {"type": "uri_folder"}},
            "environment_variables": {"OWN": "yes"},
        },
    )
    folder = workspace.folder("run-1")
    assert (record.health, record.phase) == (Health.HEALTHY, "completed"), record.message
    assert (Path(record.attributes["outputs"]["copy"]) / "rows.csv").read_text() == "a\n1\n2\n"
    assert (folder.outputs / "kept.txt").read_text() == "kept\n"
    assert folder.log.read_text().startswith("rate 0.1 two words; $(id)\n")
    assert "never" not in folder.log.read_text()
    assert record.attributes["metrics"] == {"score": 0.5}
    assert record.attributes["exit_code"] == 0
    assert record.attributes["duration_s"] > 0


def test_a_failure_tells_its_reason_and_the_last_lines(workspace: Workspace) -> None:
    record = workspace.run("run-1", {"command": "echo before; echo why >&2; exit 7"})
    assert (record.health, record.phase) == (Health.DEGRADED, "failed")
    assert record.message.splitlines() == ["Exit code 7.", "before", "why"]
    assert record.attributes["exit_code"] == 7


def test_cancel_ends_the_whole_group(workspace: Workspace) -> None:
    workspace.submit("run-1", {"command": "(trap '' TERM; touch ready; sleep 600) & wait"})
    workspace.wait_for_file("run-1", "ready")
    runner = workspace.folder("run-1").runner()
    assert runner is not None
    workspace.store.update_status(workspace.record("run-1").key, attributes={"cancel_requested": True})
    workspace.client.nudge()
    record = workspace.ended("run-1")
    assert (record.health, record.phase) == (Health.DEGRADED, "cancelled")
    assert members(runner) == ()


def test_the_time_limit_ends_a_job(workspace: Workspace) -> None:
    record = workspace.run("run-1", {"command": "sleep 600", "limits": {"timeout": 1}})
    assert record.phase == "failed"
    assert record.message == "The job exceeded its time limit of 1 s."


def test_a_job_outlives_kill_9_of_supervisor_and_guard_together(workspace: Workspace) -> None:
    workspace.submit(
        "run-1", {"command": "touch ready; while ! test -e go; do sleep 0.05; done; echo done > outputs/x"}
    )
    workspace.wait_for_file("run-1", "ready")
    before = workspace.folder("run-1").runner()
    os.kill(workspace.guard_pid(), signal.SIGKILL)
    os.kill(workspace.supervisor_pid(), signal.SIGKILL)
    wait_for(lambda: not held(workspace.files.supervisor_lock) and not held(workspace.files.guard_lock))
    assert before is not None
    assert alive(before)
    workspace.client.ensure()
    (workspace.folder("run-1").code / "go").touch()
    record = workspace.ended("run-1")
    assert record.phase == "completed", record.message
    assert workspace.folder("run-1").runner() == before


def test_a_job_that_was_being_prepared_when_the_supervisor_died_runs_once(workspace: Workspace) -> None:
    workspace.submit("run-1", {"command": "echo ran >> outputs/times"})
    wait_for(lambda: workspace.record("run-1").phase == "preparing")
    os.kill(workspace.supervisor_pid(), signal.SIGKILL)
    assert workspace.ended("run-1").phase == "completed"
    assert (workspace.folder("run-1").outputs / "times").read_text() == "ran\n"


def test_a_run_that_is_queued_again_starts_afresh(workspace: Workspace) -> None:
    assert workspace.run("run-1", {"command": "test -e ../../go || exit 1"}).phase == "failed"
    (workspace.paths.jobs / "go").touch()
    workspace.store.update_status(workspace.record("run-1").key, health=Health.PROGRESSING, phase="queued")
    workspace.client.nudge()
    assert workspace.ended("run-1").phase == "completed"


def test_a_job_that_ends_while_nobody_watches_is_settled_later(workspace: Workspace) -> None:
    workspace.submit("run-1", {"command": "touch ready; while ! test -e go; do sleep 0.05; done"})
    workspace.wait_for_file("run-1", "ready")
    os.kill(workspace.guard_pid(), signal.SIGKILL)
    os.kill(workspace.supervisor_pid(), signal.SIGKILL)
    (workspace.folder("run-1").code / "go").touch()
    wait_for(workspace.folder("run-1").exit.exists)
    assert workspace.record("run-1").health is Health.PROGRESSING
    workspace.client.ensure()
    assert workspace.ended("run-1").phase == "completed"


def test_a_run_whose_runner_was_killed_is_begun_again_and_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    first = f"echo x >> {tries}; test $(wc -l < {tries}) -gt 1 || {{ touch ready; sleep 600; }}"
    workspace.submit("run-1", {"command": first})
    workspace.wait_for_file("run-1", "ready")
    runner = workspace.folder("run-1").runner()
    assert runner is not None
    os.kill(runner.pid, signal.SIGKILL)
    record = workspace.ended("run-1")
    assert (record.health, record.attributes["attempt"]) == (Health.HEALTHY, 2), record.message
    assert tries.read_text() == "x\nx\n"
    assert members(runner) == ()


@pytest.mark.parametrize(
    ("command", "tries", "why"),
    [
        ("kill -9 $$", 3, "as the kernel does for want of memory"),
        ("kill -TERM $$", 1, "a signal that programs choose"),
        ("kill -SEGV $$", 1, "a crash of its own"),
        ("exit 137", 1, "a code that only looks like a signal"),
    ],
)
def test_what_is_begun_again_is_a_matter_of_the_cause(
    workspace: Workspace, tmp_path: Path, command: str, tries: int, why: str
) -> None:
    record = workspace.run("run-1", {"command": f"echo x >> {tmp_path}/tries; {command}"})
    assert record.health is Health.DEGRADED
    assert (tmp_path / "tries").read_text() == "x\n" * tries, why


@pytest.mark.parametrize("who", ["guard", "supervisor"])
def test_either_of_guard_and_supervisor_brings_the_other_back(workspace: Workspace, who: str) -> None:
    workspace.client.ensure()
    find = workspace.guard_pid if who == "guard" else workspace.supervisor_pid
    pid = find()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: find() != pid and workspace.client.alive())


def test_a_polite_signal_to_the_supervisor_leaves_jobs_running(workspace: Workspace) -> None:
    workspace.submit("run-1", {"command": "touch ready; while ! test -e go; do sleep 0.05; done"})
    workspace.wait_for_file("run-1", "ready")
    pid = workspace.supervisor_pid()
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: workspace.supervisor_pid() != pid and workspace.client.alive())
    (workspace.folder("run-1").code / "go").touch()
    assert workspace.ended("run-1").phase == "completed"


def test_one_impossible_record_keeps_no_other_waiting(workspace: Workspace) -> None:
    workspace.submit("../evil", {"command": "true"})
    assert workspace.run("run-1", {"command": "true"}).phase == "completed"
    evil = workspace.ended("../evil")
    assert (evil.health, evil.phase) == (Health.DEGRADED, "failed")


def test_a_secret_reaches_the_job_and_nothing_else(workspace: Workspace) -> None:
    body = {
        "command": "echo ${#TOKEN} > outputs/length; echo $TOKEN",
        "environment_variables": {"TOKEN": {"$secret": "token"}},
    }
    key = RecordKey("jobs", "jobs.work", "run-1")
    SecretFiles(workspace.paths).put(key, [(("environment_variables", "TOKEN"), "hunter2hunter2")])
    assert workspace.run("run-1", body).phase == "completed"
    assert (workspace.folder("run-1").outputs / "length").read_text() == "14\n"
    assert workspace.folder("run-1").log.read_text() == "(secret TOKEN)\n"
    assert "hunter2" not in repr(workspace.record("run-1"))
    readable = [path for path in workspace.paths.root.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]
    assert [path.parent for path in readable] == [workspace.paths.secrets]
    assert readable[0].stat().st_mode & 0o077 == 0


@pytest.mark.skipif(gpu_here(), reason="here is a GPU")
def test_a_job_for_a_gpu_runs_on_the_processor_and_says_so_once(workspace: Workspace) -> None:
    workspace.store.insert(Record("compute", "compute.gpu", body={"type": "amlcompute", "size": "Standard_NC6s_v3"}))
    assert workspace.run("run-1", {"command": "echo done", "compute": "azureml:gpu"}).phase == "completed"
    notice, said = workspace.folder("run-1").log.read_text().splitlines()
    assert "compute gpu (Standard_NC6s_v3) requests a GPU" in notice
    assert said == "done"
    workspace.submit("run-2", {"command": "${{oops}}", "compute": "azureml:gpu", "code": "content://" + "0" * 64})
    assert workspace.ended("run-2").phase == "failed"
    notice, why = workspace.folder("run-2").log.read_text().splitlines()
    assert "requests a GPU" in notice
    assert "is not in the workspace" in why


def test_a_second_guard_leaves(workspace: Workspace) -> None:
    workspace.client.ensure()
    first = (workspace.guard_pid(), workspace.supervisor_pid())
    second = start_guard(workspace.paths)
    wait_for(lambda: not alive(second))
    assert (workspace.guard_pid(), workspace.supervisor_pid()) == first


def test_down_leaves_no_process_and_up_goes_on(workspace: Workspace) -> None:
    workspace.submit("run-1", {"command": "touch ready; sleep 600"})
    workspace.wait_for_file("run-1", "ready")
    runner = workspace.folder("run-1").runner()
    tracking = read_address(workspace.paths)
    assert runner is not None
    assert tracking is not None
    workspace.client.shutdown()
    assert members(runner) == ()
    assert not alive(tracking[0])
    assert not held(workspace.files.supervisor_lock)
    assert not held(workspace.files.guard_lock)
    assert workspace.record("run-1").message.startswith("Interrupted")
    assert workspace.run("run-2", {"command": "true"}).phase == "completed"
    again = read_address(workspace.paths)
    assert again is not None
    assert again[1] == tracking[1], "the tracking server keeps its address"


def test_a_deleted_run_goes_with_its_processes_and_folder(workspace: Workspace) -> None:
    workspace.submit("run-1", {"command": "touch ready; sleep 600"})
    workspace.wait_for_file("run-1", "ready")
    runner = workspace.folder("run-1").runner()
    assert runner is not None
    workspace.store.mark_deleting(workspace.record("run-1").key)
    workspace.client.nudge()
    wait_for(lambda: workspace.store.get("jobs", "jobs.work", "run-1") is None)
    assert members(runner) == ()
    assert not workspace.folder("run-1").path.exists()


def test_the_supervisor_goes_when_its_folder_goes(workspace: Workspace) -> None:
    workspace.client.ensure()
    address = ControlAddress.read(workspace.files)
    assert address is not None
    workspace.files.supervisor_lock.unlink()
    wait_for(lambda: not alive(address.process))


def test_copies_of_a_command_know_their_rank(workspace: Workspace) -> None:
    body = {
        "command": "echo $RANK of $WORLD_SIZE > outputs/$RANK",
        "distribution": {"type": "pytorch", "process_count_per_instance": 2},
    }
    record = workspace.run("run-1", body)
    assert record.phase == "completed", record.message
    assert [(workspace.folder("run-1").outputs / rank).read_text() for rank in "01"] == ["0 of 2\n", "1 of 2\n"]


def test_nodes_are_processes_where_the_settings_say_so(workspace: Workspace) -> None:
    body = {
        "command": "echo $RANK of $WORLD_SIZE > outputs/$RANK",
        "distribution": {"type": "pytorch"},
        "resources": {"instance_count": 2},
    }
    record = workspace.run("run-1", body, nodes_as_processes=True)
    assert record.phase == "completed", record.message
    assert [(workspace.folder("run-1").outputs / rank).read_text() for rank in "01"] == ["0 of 2\n", "1 of 2\n"]


def test_the_tracked_run_ends_with_the_job(workspace: Workspace) -> None:
    record = workspace.run("run-1", {"command": "exit 1"})
    access = read_access(workspace.paths)
    assert record.attributes["mlflow_run_id"] == "run-1"
    run = TrackingClient(access.uri, access.token)._call("GET", "/runs/get?run_id=run-1")["run"]
    assert run["info"]["status"] == "FAILED"
    assert run["info"]["run_name"] == "run-1"


def test_a_killed_tracking_server_comes_back_for_the_next_job(workspace: Workspace) -> None:
    workspace.run("run-1", {"command": "true"})
    first = read_address(workspace.paths)
    assert first is not None
    assert terminate(first[0], 0.0)
    assert workspace.run("run-2", {"command": "true"}).phase == "completed"


def test_what_left_the_session_of_a_job_is_ended_with_it(workspace: Workspace) -> None:
    body = {"command": "setsid bash -c 'echo $$ > stray; exec sleep 600' & while ! test -s stray; do sleep 0.02; done"}
    record = workspace.run("run-1", body)
    assert record.phase == "completed", record.message
    stray = int((workspace.folder("run-1").code / "stray").read_text())
    assert identity_of(stray) is None


def test_a_compute_runs_no_more_jobs_at_a_time_than_it_has_machines(workspace: Workspace) -> None:
    workspace.store.insert(Record("compute", "compute.one", body={"type": "amlcompute", "max_instances": 1}))
    for run in ("run-1", "run-2"):
        body = {"compute": "azureml:one", "command": "date +%s%N > outputs/a; sleep 0.3; date +%s%N > outputs/b"}
        workspace.submit(run, body)
    spans = []
    for run in ("run-1", "run-2"):
        assert workspace.ended(run).phase == "completed"
        spans.append([int((workspace.folder(run).outputs / name).read_text()) for name in "ab"])
    (_, first_end), (second_start, _) = sorted(spans)
    assert second_start > first_end


def test_an_environment_made_from_a_conda_file(workspace: Workspace) -> None:
    conda = {"dependencies": ["python>=3.11"]}
    body = {
        "environment": {"image": "some/image", "conda_file": conda},
        "command": 'python -c "import sys; print(sys.prefix)"; python -c "import pydantic" 2>/dev/null || echo apart',
    }
    record = workspace.run("run-1", body)
    assert record.phase == "completed", record.message
    lines = workspace.folder("run-1").log.read_text().splitlines()
    assert lines == [str(workspace.folder("run-1").environment), "apart"]
    assert len(list(workspace.paths.environments.glob("*/bin/python"))) == 1


@pytest.mark.parametrize("conda", [None, {"dependencies": ["python>=3.11"]}], ids=["image", "conda file"])
def test_what_a_command_installs_is_gone_with_it(
    workspace: Workspace, tmp_path: Path, conda: dict[str, Any] | None
) -> None:
    file = wheel(tmp_path, "brandnewthing", "1.0")
    environment = {"image": "some/image", **({"conda_file": conda} if conda is not None else {})}
    use = "python -c 'import brandnewthing; print(brandnewthing.__version__)'"
    body = {"environment": environment, "command": f"pip install --no-index --quiet {file} && {use}"}
    record = workspace.run("run-1", body)
    assert record.phase == "completed", record.message
    assert "1.0" in workspace.folder("run-1").log.read_text().splitlines()
    assert find_spec("brandnewthing") is None, "it is not in ours"
    record = workspace.run("run-2", {**body, "command": use})
    assert record.phase == "failed", "the next job starts afresh"
    assert "brandnewthing" in workspace.folder("run-2").log.read_text()
    assert not workspace.folder("run-1").environment.exists()
