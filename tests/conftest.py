"""What holds for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.core import value
from orchestrator.workspace.processes.process import running_children

os.environ.pop("COLUMNS", None)
os.unsetenv("COLUMNS")
"""GNU readline, which pytest loads, tells every child process that its terminal has 80 columns. Nothing has one in the tests."""


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """What a module's tests start in this very process they stop; nobody else would notice, nor know which test it was."""
    before = set(running_children())
    yield
    assert set(running_children()) - before == set()


HERE = Path(__file__).parent
IN_PROCESS = {"unit", "contract", "canary"}
"""Folders whose tests digest secrets in this process only; what another process makes of a secret must be the same."""


@pytest.fixture(scope="module", autouse=True)
def _secrets_are_cheap(request: pytest.FixtureRequest) -> Iterator[None]:
    """Digests of secrets cost a tenth of a second each, on purpose, and tests make thousands; one test sees to the real cost."""
    if request.path.relative_to(HERE).parts[0] not in IN_PROCESS:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(value, "GUESS_COST", 1 << 4)
        value._slow_digest.cache_clear()
        yield
    value._slow_digest.cache_clear()


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Name a failing test at once, so that a run that is stopped from outside has said it: pytest's own list comes last."""
    if report.failed:
        category = "failed" if report.when == "call" else "error"
        return category, f"\nFAILED {report.nodeid} ({report.when})\n", category.upper()
    return None
