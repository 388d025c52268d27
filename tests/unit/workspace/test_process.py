"""Processes are started apart, known again, and ended as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.workspace.processes.process import (
    ProcessIdentity,
    alive,
    child_environment,
    exit_code,
    identity_of,
    members,
    own_identity,
    spawn,
    terminate,
)
from tests.waiting import wait_for


def test_an_identity_is_read_back_from_its_text() -> None:
    me = own_identity()
    assert ProcessIdentity.parse(str(me)) == me
    assert identity_of(me.pid) == me
    assert alive(me)


@pytest.mark.parametrize("text", ["", "12", "x@1", "12@"])
def test_other_text_is_no_identity(text: str) -> None:
    with pytest.raises(ValueError, match=r"identity|invalid literal"):
        ProcessIdentity.parse(text)


def test_the_same_process_id_with_another_birth_is_another_process() -> None:
    stranger = own_identity()._replace(born="1-somewhen")
    assert not alive(stranger)
    assert members(stranger) == ()
    assert terminate(stranger, 0.1)


def test_output_goes_to_the_log_and_the_exit_code_is_known(tmp_path: Path) -> None:
    log = tmp_path / "log"
    identity = spawn(["bash", "-c", "echo out; echo err >&2; exit 3"], cwd=tmp_path, log=log)
    wait_for(lambda: exit_code(identity) is not None)
    assert exit_code(identity) == 3
    assert log.read_text() == "out\nerr\n"
    assert log.stat().st_mode & 0o077 == 0
    assert not alive(identity)


def test_terminate_ends_grandchildren_that_ignore_the_polite_signal(tmp_path: Path) -> None:
    script = "set -m; (trap '' TERM; touch ready; while :; do sleep 0.05; done) & wait"
    identity = spawn(["bash", "-c", script], cwd=tmp_path)
    wait_for((tmp_path / "ready").exists)
    assert len(members(identity)) >= 2
    assert terminate(identity, 0.2)
    assert members(identity) == ()


OUTLIVED = """
import sys
from pathlib import Path
from orchestrator.workspace.processes.process import running_children, spawn
ended = spawn(["true"], cwd=Path())
lives = spawn(["sleep", "600"], cwd=Path())
while ended in running_children():
    pass
assert running_children() == (lives,)
print(lives)
"""


def test_what_outlives_its_starter_is_no_forgotten_child(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", OUTLIVED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    identity = ProcessIdentity.parse(done.stdout.strip())
    try:
        assert alive(identity)
        assert "ResourceWarning" not in done.stderr
    finally:
        assert terminate(identity, 2.0)


def test_what_a_dead_leader_left_behind_is_ended_too(tmp_path: Path) -> None:
    identity = spawn(["bash", "-c", "sleep 600 & exit 0"], cwd=tmp_path)
    wait_for(lambda: not alive(identity))
    assert len(members(identity)) == 1
    assert terminate(identity, 2.0)
    assert members(identity) == ()


def test_a_child_does_not_get_what_is_only_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # imports without byte code take three to five times as long
    monkeypatch.setenv("AMLCTL_ANYTHING", "x")
    monkeypatch.setenv("TZ", "y")
    environ = child_environment({"MORE": "z"})
    assert {"PYTHONDONTWRITEBYTECODE", "AMLCTL_ANYTHING"}.isdisjoint(environ)
    assert (environ["TZ"], environ["MORE"]) == ("y", "z")


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-program"):
        spawn([f"{tmp_path}/no-such-program"], cwd=tmp_path)


def test_it_is_light_to_import() -> None:
    import subprocess

    code = "import sys, orchestrator.workspace.processes.process; print({'asyncio', 'psutil', 'pydantic'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
