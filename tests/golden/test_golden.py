"""Plans and errors as users see them, byte for byte."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SPECS = sorted((HERE / "specs").glob("*.yaml"))


def amlctl(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", *arguments], cwd=folder, capture_output=True, text=True, timeout=120,
        check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return f"exit {done.returncode}\n--- stdout\n{done.stdout}--- stderr\n{done.stderr}"


def compare(name: str, text: str) -> None:
    path = HERE / f"{name}.txt"
    if os.environ.get("AMLCTL_UPDATE_GOLDEN"):
        path.write_text(text)
    assert path.exists(), f"no golden file {path.name}"
    assert text == path.read_text()


@pytest.mark.parametrize("spec", SPECS, ids=lambda p: p.stem)
def test_the_plan_of_a_spec_on_an_empty_workspace(spec: Path, tmp_path: Path) -> None:
    (tmp_path / spec.name).write_text(spec.read_text())
    compare(f"plan-{spec.stem}", amlctl("plan", spec.name, folder=tmp_path))


def test_ten_mistakes_are_ten_errors_in_one_run_each_with_place_why_and_fix() -> None:
    text = amlctl("validate", "ten-mistakes.yaml", folder=HERE / "specs")
    found = re.split(r"^error\[", text, flags=re.MULTILINE)[1:]
    assert len(found) >= 10
    for problem in found:
        assert re.search(r"--> ten-mistakes\.yaml:\d+:\d+", problem), problem
        assert "= why: " in problem, problem
        assert "= fix: " in problem, problem
    assert "plain-text-key" not in text
