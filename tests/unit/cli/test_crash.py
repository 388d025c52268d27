"""An exception that nobody foresaw: one sentence with a code, a private file with the traceback, everything left in order."""

from __future__ import annotations

import json
import logging
import re
import stat
import threading
import warnings
from importlib import import_module
from pathlib import Path

import click
import pytest

from orchestrator.core.value import Secret
from orchestrator.state.sqlite import SqliteStateStore
from tests.unit.cli.calling import Shell

COMMANDS = {
    "validate": ("orchestrator.engine.load_project", ("validate",)),
    "plan": ("orchestrator.engine.plan_project", ("plan",)),
    "apply": ("orchestrator.cli.commands.apply.apply_project", ("apply", "-y")),
    "destroy": ("orchestrator.cli.commands.apply.apply_project", ("destroy", "-y")),
    "status": ("orchestrator.cli.commands.status.live_status", ("status",)),
    "graph": ("orchestrator.engine.load_project", ("graph",)),
    "explain": ("orchestrator.cli.commands.explain.plan_project", ("explain", "data.rows")),
    "logs": ("orchestrator.engine.load_project", ("logs", "jobs.x")),
    "invoke": ("orchestrator.engine.load_project", ("invoke", "online_endpoints.x", "--data", "{}")),
    "reconcile": ("orchestrator.reconcile.assemble.assembled", ("reconcile", "--once")),
    "schema": ("orchestrator.cli.commands.schema.discover", ("schema",)),
    "workspace": ("orchestrator.workspace.operations.administration.status", ("workspace", "status")),
}


for name in COMMANDS:
    import_module(f"orchestrator.cli.commands.{name}")  # before a test puts something else into what they import


class Panic(BaseException):
    """As an extension in Rust raises it."""


def fail_with(monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(place, fail)


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def temporary(_own_temporary_folder: Path) -> Path:
    """Where tracebacks are written."""
    return _own_temporary_folder


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_ends_in_a_sentence(demo: Shell, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, line = COMMANDS[name]
    fail_with(monkeypatch, place, KeyError("odd"))
    answer = demo(*line, code=1)
    assert re.search(rf"^error\[internal-error\]: amlctl {name}.* failed.*: KeyError", answer.err)
    assert "bug in amlctl" in answer.err
    assert "odd" not in answer.err.splitlines()[0], "nobody knows what the text of a defect holds"
    lines = demo(*line, "--log-format", "json", code=1).err.splitlines()
    assert {json.loads(each)["code"] for each in lines} == {"internal-error"}


UNFORESEEN = [
    ValueError("a"), RuntimeError("b"), AttributeError("c"), AssertionError(), TypeError("d"), StopIteration(), Panic("e"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd"), UnicodeEncodeError("utf-8", "\udcff", 0, 1, "odd"), OSError(22, "odd"),
    OSError("no number"), ConnectionResetError(104, "reset"), TimeoutError(), ExceptionGroup("many", [ValueError("x")]), LookupError("y"),
]  # fmt: skip


@pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
def test_every_exception_is_told_and_its_traceback_kept(
    demo: Shell, temporary: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, "orchestrator.engine.plan_project", error)
    found = demo("plan", "--format", "json", code=1).data["error"]
    assert found["code"] == "internal-error"
    assert type(error).__name__ in found["detail"]
    (file,) = temporary.iterdir()
    assert str(file) in found["fix"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Traceback" in file.read_text()


MACHINE = [
    (FileNotFoundError(2, "No such file or directory", "gone.csv"), "gone.csv"),
    (PermissionError(13, "Permission denied", "mine.csv"), "mine.csv"),
    (OSError(28, "No space left on device"), "No space left"),
    (OSError(24, "Too many open files"), "Too many open files"),
    (OSError(36, "File name too long", "a" * 5000), "5000 characters"),
]


@pytest.mark.parametrize(("error", "words"), MACHINE, ids=[str(m[0].errno) for m in MACHINE])
def test_what_the_machine_refuses_is_no_defect(
    demo: Shell, temporary: Path, error: OSError, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, "orchestrator.engine.plan_project", error)
    answer = demo("plan", code=1)
    assert "error[file-system]" in answer.err
    assert words in answer.err
    assert "fix:" in answer.err
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption_is_none(demo: Shell, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, "orchestrator.engine.plan_project", error)
    assert demo("plan", code=130).err.strip() == "Interrupted."
    (line,) = demo("plan", "--log-format", "json", code=130).err.splitlines()
    assert json.loads(line)["message"] == "Interrupted."


def test_a_library_that_is_gone(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, "orchestrator.engine.plan_project", ModuleNotFoundError("x", name="yaml"))
    assert demo("plan", "--format", "json", code=1).data["error"]["code"] == "broken-installation"


@pytest.mark.parametrize("asked", ["-v", "variable"])
def test_the_traceback_is_shown_to_whoever_asks(demo: Shell, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret("pw", "canary-4711")
    monkeypatch.setenv("DEMO_TOKEN", "canary-4712")
    fail_with(
        monkeypatch, "orchestrator.engine.plan_project", ValueError("canary-4711 canary-4712 https://u:canary-4713@h")
    )
    options = ["-v"] if asked == "-v" else []
    if asked != "-v":
        monkeypatch.setenv("AMLCTL_DEBUG", "1")
    answer = demo.raw("plan", *options, code=1)
    assert "Traceback (most recent call last)" in answer.err
    assert "canary" not in answer.err
    assert str(secret) in answer.err
    lines = [json.loads(line) for line in demo.raw("plan", *options, "--log-format", "json", code=1).err.splitlines()]
    assert [line["event"] for line in lines] == ["failed", "traceback"]


def test_no_traceback_file_holds_a_secret(demo: Shell, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret("pw", "canary\n'4711'")
    fail_with(monkeypatch, "orchestrator.engine.plan_project", KeyError(f"x {secret.reveal()} y"))
    demo("plan", code=1)
    (file,) = temporary.iterdir()
    assert "4711" not in file.read_text()
    assert "(secret pw)" in file.read_text()


def test_secrets_of_one_letter_and_within_each_other_leave_a_traceback(
    demo: Shell, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = [Secret("letter", "e"), Secret("whole", "outer-canary-4711"), Secret("part", "secret")]
    fail_with(monkeypatch, "orchestrator.engine.plan_project", KeyError(f"x {secrets[1].reveal()} y"))
    demo("plan", code=1)
    (file,) = temporary.iterdir()
    assert file.read_text().startswith("Traceback (most recent call last)")
    assert file.read_text().rstrip().endswith("KeyError: 'x (secret whole) y'")


def test_without_a_temporary_folder_the_variable_is_named(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(demo.folder / "missing"))
    fail_with(monkeypatch, "orchestrator.engine.plan_project", KeyError("no room"))
    assert "AMLCTL_DEBUG=1" in demo("plan", code=1).err


@pytest.mark.parametrize("step", ["intend", "settle_all", "load"])
def test_state_and_lock_are_left_in_order(demo: Shell, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        fail_with(broken, f"orchestrator.state.sqlite.SqliteStateStore.{step}", ZeroDivisionError("odd"))
        assert "internal-error" in demo("apply", "-y", code=1).err
    assert hasattr(SqliteStateStore, step)
    demo("apply", "-y")
    assert demo("plan", "--detailed-exitcode").code == 0


def test_what_a_thread_raises_and_libraries_say_are_lines_too(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def noisy(*_: object, **__: object) -> None:
        worker = threading.Thread(target=lambda: 1 / 0)
        worker.start()
        worker.join()
        logging.getLogger("somebody").warning("went to %s", "https://u:canary@h")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        raise KeyError

    monkeypatch.setattr("orchestrator.engine.plan_project", noisy)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        answer = demo("plan", "--log-format", "json", code=1)
    lines = [json.loads(line) for line in answer.err.splitlines()]
    assert [line["event"] for line in lines] == ["failed", "library", "library", "failed"]
    assert "canary" not in answer.err
    assert "A thread failed: ZeroDivisionError" in demo("plan", code=1).err
