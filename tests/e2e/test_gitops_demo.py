"""The demonstration of the reconcile loop, as a reader would run it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.e2e.project import ROOT


@pytest.mark.parametrize("project", ["houses", "heart-failure"])
def test_the_demonstration_goes_to_its_end(project: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "gitops" / "demo.py"), project],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    acts = done.stdout.splitlines()
    assert "saw no failure" in next(act for act in acts if "killed" in act)
    assert "prune on: removed" in acts[-1]
