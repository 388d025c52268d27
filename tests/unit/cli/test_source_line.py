"""The excerpt of a problem shows the file as it is, not one of the same name that was read before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.cli.console import source_line


def test_files_of_the_same_name_in_two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "spec.yaml").write_text(f"project: {name}\n")
    for name in ("one", "two"):
        monkeypatch.chdir(tmp_path / name)
        assert source_line("spec.yaml", 1) == f"project: {name}"


def test_a_file_after_an_edit(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text("a: 1\n")
    assert source_line(str(file), 1) == "a: 1"
    file.write_text("project: b\n")
    assert source_line(str(file), 1) == "project: b"


def test_what_has_no_lines(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "missing", ".", "nul\0"):
        assert source_line(str(tmp_path / name), 1) is None
    (tmp_path / "short").write_text("one\n")
    assert source_line(str(tmp_path / "short"), 9) is None
