"""The demonstration of the reconcile loop, as a reader would run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.e2e.project import ROOT

ACTS = (
    "first commit: the endpoint answers",
    "changed data: retrained",
    "cluster's size was changed by hand: set back",
    "traffic was turned off by hand: it flows again",
    "deployment was deleted by hand: it is back",
    "broken commit: Stalled with “spec.yaml:",
    "the fix: converged",
    "were killed; the next ones went on",
    "orphaned and untouched",
    "prune on: removed",
    "and no other",
)


LONG = pytest.mark.skipif("AMLCTL_LONG_TESTS" not in os.environ, reason="set AMLCTL_LONG_TESTS for all four")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("houses",), marks=LONG),
        ("heart-failure",),
        ("houses", "--kill", "5"),
        pytest.param(("heart-failure", "--kill", "3"), marks=LONG),
    ],
    ids=" ".join,
)
def test_the_demonstration_goes_to_its_end(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "gitops" / "demo.py"), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    told = iter(done.stdout.splitlines())
    for act in ACTS:
        assert any(act in line for line in told), f"“{act}” is missing or out of order in\n{done.stdout}"
    if "--kill" in arguments:
        kills = re.search(r"the loop (\d+), the supervisor (\d+) times", done.stdout)
        assert kills is not None
        assert min(map(int, kills.groups())) >= 1
