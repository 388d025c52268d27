"""The page "Add a behaviour" is right: its changes fit today's code, and its test passes with them and fails without."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "add-a-behaviour.md"
DIFFS = [block.body for block in blocks(PAGE) if block.language == "diff"]
[TEST] = [block.body for block in blocks(PAGE) if block.language == "python"]


def changed(root: Path, diff: str) -> None:
    """Apply a block: its first line names the file, the others are kept (space), taken out (-) or put in (+)."""
    head, *lines = diff.splitlines()
    path = root / head.removeprefix("# ")
    before = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
    after = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
    if not before.endswith(",\n") and before.rstrip("\n").endswith("("):  # the beginning of a line is enough
        before, after = before.rstrip("\n"), after.rstrip("\n")
    text = path.read_text()
    assert text.count(before) == 1, f"{head}: {before!r} is there {text.count(before)} times"
    path.write_text(text.replace(before, after))


def run(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(root), "test_quota.py"]
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "orchestrator", root / "orchestrator", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "test_quota.py").write_text(TEST)
    for diff in DIFFS:
        changed(root, diff)
    return root


def test_its_changes_make_its_test_pass(copied: Path) -> None:
    done = run(copied)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_a_kind_that_leaves_the_attribute_out_does_not_import(copied: Path) -> None:
    path = copied / "orchestrator" / "kinds" / "jobs.py"
    text = path.read_text()
    path.write_text(text.replace("        quota=None,\n", ""))
    try:
        command = [sys.executable, "-c", "import orchestrator.kinds.jobs"]
        done = subprocess.run(command, cwd=copied, capture_output=True, text=True, timeout=60, check=False)
        assert "missing 1 required keyword-only argument: 'quota'" in done.stderr
    finally:
        path.write_text(text)
