"""A disk that fills up: the disk is named, nothing is lost, and with room again the next apply finishes the work."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import Project

SPEC = """project: full
workspace: {local: {path: %s}}
data:
  small: {type: uri_file, path: small.bin}
  large: {type: uri_file, path: large.bin}
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True)
    if made.returncode:
        pytest.skip("this user may not mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_is_named_and_costs_nothing(small_disk: Path, tmp_path: Path) -> None:
    project = Project.with_spec(tmp_path / "p", SPEC % (small_disk / "ws"))
    (project.folder / "small.bin").write_bytes(b"s" * 1000)
    (project.folder / "large.bin").write_bytes(b"l" * 3_000_000)
    failed = project.run("apply", project.spec, "--yes", code=None)
    assert failed.returncode not in (0, -9)
    assert f"The disk mounted at {small_disk}" in failed.stderr + failed.stdout
    assert "large.bin: No space" not in failed.stderr + failed.stdout
    assert "Traceback" not in failed.stderr
    (project.folder / "large.bin").write_bytes(b"l" * 100_000)
    project.apply()
    assert project.plan() == {}
