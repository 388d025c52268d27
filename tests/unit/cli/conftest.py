"""A folder with a small project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.calling import SPEC, Shell


@pytest.fixture
def amlctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


@pytest.fixture
def demo(amlctl: Shell) -> Shell:
    """The command line in a folder with a spec of three resources without processes."""
    amlctl.write("spec.yaml", SPEC)
    amlctl.write("rows.csv", "x\n1\n")
    return amlctl
