"""Output and the machine: whatever a stream is connected to and whatever the disk refuses, there is a message and no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = """\
project: streams
compute:
  cpu: {type: amlcompute, size: Standard_DS2_v2, max_instances: 1, description: "größer → besser"}
"""
FULL = Path("/dev/full")
AMLCTL = (sys.executable, "-m", "orchestrator")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def shell(line: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which ``amlctl`` is this Python's."""
    text = line.replace("amlctl", " ".join(AMLCTL))
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", text],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("amlctl plan spec.yaml >&-", 0, "a closed standard output is what the caller wanted"),
        ("amlctl plan nothing.yaml 2>&-", 1, "a closed standard error too"),
        ("amlctl --help | true", 1, "a reader that is already deleted"),
        ("amlctl graph spec.yaml | true", 1, "the same for a command"),
    ],
)
def test_a_stream_that_is_gone_is_no_traceback(spec: Path, line: str, code: int, why: str) -> None:
    done = shell(line.replace("| true", "| (exec <&-; sleep 1)"), spec.parent)
    assert "Traceback" not in done.stderr, why
    assert done.returncode == code, why


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("line", ["amlctl version", "amlctl plan spec.yaml", "amlctl plan spec.yaml --format json"])
def test_a_full_disk_behind_the_output_is_said(spec: Path, line: str) -> None:
    done = shell(f"{line} > {FULL}", spec.parent)
    assert done.returncode == 1
    assert done.stderr == "Error: Standard output: No space left on device.\n"


def test_a_terminal_that_is_not_unicode_gets_escapes_and_valid_json(spec: Path) -> None:
    text = shell("amlctl plan spec.yaml", spec.parent, PYTHONIOENCODING="ascii")
    assert text.returncode == 0
    assert "\\u2192" in text.stdout
    data = shell("amlctl plan spec.yaml --format json", spec.parent, PYTHONIOENCODING="latin-1")
    assert "größer → besser" in {f["desired"] for f in json.loads(data.stdout)["changes"][0]["fields"]}


@pytest.mark.parametrize("command", ["plan", "apply --yes", "status", "workspace up"])
def test_a_file_where_the_workspace_should_be_is_said(spec: Path, command: str) -> None:
    spec.with_name(".amlctl").write_text("a file")
    done = shell(f"amlctl {command}", spec.parent)
    assert done.returncode == 1
    assert done.stderr.startswith("error"), done.stderr
    assert ".amlctl" in done.stderr


@pytest.mark.parametrize("command", ["up", "down", "status", "reset --yes"])
def test_a_broken_spec_is_told_by_workspace_commands(spec: Path, command: str) -> None:
    spec.write_text("project: [\n")
    done = shell(f"amlctl workspace {command}", spec.parent)
    assert done.returncode == 1
    assert done.stderr.startswith("error[invalid-yaml]")
    assert "Traceback" not in done.stderr
    spec.with_name(".amlctl").mkdir()
    done = shell(f"amlctl workspace {command}", spec.parent)
    assert f"amlctl workspace {command.split()[0]} --path .amlctl\n" in done.stderr
    assert "error[invalid-yaml]" in done.stderr


@pytest.mark.parametrize("command", ["explain", "logs", "invoke --data {}"])
def test_the_spec_may_be_left_out_before_an_address(spec: Path, command: str) -> None:
    address = "compute.cpu" if command == "explain" else "jobs.nothing"
    short, long = (shell(f"amlctl {command} {words}", spec.parent) for words in (address, f"spec.yaml {address}"))
    assert (short.returncode, short.stdout, short.stderr) == (long.returncode, long.stdout, long.stderr)
    assert ("compute.cpu" in short.stdout) is (command == "explain")
