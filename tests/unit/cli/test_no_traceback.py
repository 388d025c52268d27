"""Whatever is damaged, too long, too deep or too large: a sentence, never a traceback or a Python name."""

from __future__ import annotations

import os
import re
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.calling import SPEC, Answer, Shell

PYTHON = re.compile(r"Traceback|<object at|PosixPath\(|\b(Reference|Unknown|Template|Secret|Span)\(")
READING = (["plan"], ["status"], ["apply", "-y"], ["destroy", "-y"], ["explain", "data.rows"], ["workspace", "status"])


def require_sentence(answer: Answer, why: object) -> None:
    assert not PYTHON.search(answer.out + answer.err), (why, answer.err)
    assert answer.code in (0, 1, 2, 3), why


LONG = "a" * 5000
ARGUMENTS = (
    ["plan"], ["apply"], ["validate"], ["destroy"], ["status"], ["graph"], ["explain"], ["logs"], ["invoke"], ["schema"],
    ["reconcile", "--once"], ["workspace"], ["state"], ["completion"], ["plan", "spec.yaml", "--select"], ["plan", "spec.yaml", "--target"],
    ["plan", "spec.yaml", "--var-file"], ["plan", "spec.yaml", "-o"], ["workspace", "status", "--path"], [], ["init"],
)  # fmt: skip


@pytest.mark.parametrize("bad", ["\udcff", LONG, "\udcff=1", f"a={LONG}/x.json", f"{LONG}.json"], ids=range(5))
def test_an_argument_that_no_file_or_name_can_have(demo: Shell, bad: str) -> None:
    for line in (*ARGUMENTS, ["plan", "spec.yaml", "--var"], ["explain", "spec.yaml"]):
        require_sentence(demo(*line, bad, code=None), line)


DAMAGES = [
    *[("records", column, value) for column in ("body", "attributes") for value in ("{", "[]", "3", "", "[" * 100_000)],
    *[("records", column, value) for column in ("health", "address", "phase") for value in ("wrong", b"\xff\xfe")],
    ("records", "fingerprint", "wrong"),
    ("records", "generation", "many"),
    *[("state_applied", "body", value) for value in ("{", "[]", "{}", "null", "3", "[" * 100_000, b"\xff")],
    *[
        ("state_applied", "body", f'{{"properties": {value}, "fingerprint": ["a", "b", "c", 1]}}')
        for value in ("3", "[]")
    ],
    ("state_projects", "serial", "many"),
    ("state_projects", "writes", "many"),
]


@pytest.mark.parametrize(("table", "column", "value"), DAMAGES, ids=range(len(DAMAGES)))
def test_a_damaged_row_names_the_database(demo: Shell, table: str, column: str, value: object) -> None:
    demo("apply", "-y")
    database = next((demo.folder / ".amlctl").rglob("workspace.db"))
    connection = sqlite3.connect(database)
    key = "number" if table == "records" else "project"
    one = f"SELECT min({key}) FROM {table}"
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ({one})", (value,))
    connection.commit()
    connection.close()
    for line in READING:
        answer = demo(*line, code=None)
        require_sentence(answer, (line, table, column, value))
        if answer.code == 1 and "damaged" in answer.err:
            assert "workspace.db" in answer.err, line
            assert "fix:" in answer.err, line


def test_links_that_lead_back_and_files_that_are_none(demo: Shell) -> None:
    (demo.folder / "loop.yaml").symlink_to("back.yaml")
    (demo.folder / "back.yaml").symlink_to("loop.yaml")
    (demo.folder / "src").mkdir()
    (demo.folder / "src" / "self").symlink_to(".")
    (demo.folder / "src" / "away").symlink_to("away")
    for name in ("loop.yaml", "src", "loop.yaml/x", "/dev/null"):
        require_sentence(demo("plan", name, code=None), name)
    for path in ("loop.yaml", "src", "src/away", "src/self/self"):
        demo.write("spec.yaml", SPEC.replace("uri_file, path: rows.csv", f"uri_folder, path: {path}"))
        require_sentence(demo("plan", code=None), path)


def process(folder: Path, *line: str | bytes, **more: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "orchestrator", *line]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL, **more)


def require_plain(done: subprocess.CompletedProcess[bytes]) -> str:
    said = (done.stdout + done.stderr).decode(errors="backslashreplace")
    assert not PYTHON.search(said), (done.args, said[-2000:])
    assert "internal-error" not in said, done.args
    assert done.returncode in (0, 1, 2, 3), done.args
    return said


def test_too_little_memory_is_a_sentence(tmp_path: Path) -> None:
    """The spec is valid: with 130 MB it passes."""
    limit_mb = 100
    tags = ", ".join(f"k{number}: a" for number in range(60_000))
    (tmp_path / "spec.yaml").write_text(SPEC.replace("path: rows.csv", f"path: rows.csv, tags: {{{tags}}}"))
    (tmp_path / "rows.csv").write_text("x\n")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit_mb << 20, limit_mb << 20))

    done = process(tmp_path, "validate", "spec.yaml", preexec_fn=limited, env={**os.environ, "NO_COLOR": "1"})
    assert "Out of memory" in require_plain(done)
    assert done.returncode == 1


ODD_BYTES = (b"\xff", b"\xed\xa0\x80", b"\x1b[2J", b"=\xff=", "\u202ename".encode())


@pytest.mark.parametrize("bad", ODD_BYTES, ids=range(5))
def test_bytes_that_are_no_text_in_arguments_and_environment(demo: Shell, bad: bytes) -> None:
    """In a process of its own: there they come as lone surrogates, and leave through streams of the machine's encoding."""
    for line, environ in (
        ((b"plan", bad), {}),
        ((b"plan", b"spec.yaml", b"--var", b"a=" + bad, b"--log-format", b"json"), {}),
        ((b"explain", b"data." + bad, b"--format", b"json"), {b"LC_ALL": b"C", b"PYTHONIOENCODING": b"ascii"}),
        ((bad,), {b"LC_ALL": b"C"}),
        ((b"plan",), {b"AMLCTL_VAR_x": bad, b"USER": bad, b"TERM": bad, b"NO_COLOR": bad, b"XDG_CACHE_HOME": bad, b"FORCE_COLOR": bad}),
    ):  # fmt: skip
        said = require_plain(process(demo.folder, *line, env={**os.environb, **environ}))
        assert "\x1b[2J" not in said


@pytest.mark.parametrize(("error", "words"), [(MemoryError, "Out of memory"), (RecursionError, "nested too deeply")])
def test_what_is_exhausted_is_told_wherever_it_happens(
    demo: Shell, monkeypatch: pytest.MonkeyPatch, error: type[Exception], words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("orchestrator.engine.plan_project", fail)
    answer = demo("plan", code=1)
    assert words in answer.err
    require_sentence(answer, error)
