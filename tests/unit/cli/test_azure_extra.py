"""Without the extra ``azure``: told how to install it; with it: not imported where it is not needed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from orchestrator.core.errors import UnsupportedSetup
from orchestrator.core.extras import install_extra
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project, open_workspace
from orchestrator.kinds import discover

FINDS = "orchestrator.engine.workspace.find_spec"
SPEC = """
project: demo
targets:
  here: {default: true, workspace: {local: {}}}
  there: {workspace: {azure: {subscription_id: s, resource_group: g, workspace_name: w}}}
compute:
  cpu: {type: amlcompute, size: Standard_DS3_v2}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "spec.yaml"
    file.write_text(SPEC)
    return file


def test_without_the_extra_the_way_to_get_it_is_told(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FINDS, lambda name: None if name.startswith("azure") else find_spec(name))
    project = load_project([spec], LoadOptions(target="there"))
    with (
        pytest.raises(UnsupportedSetup) as caught,
        open_workspace(project, discover(), SystemClock()),
    ):
        pass
    assert caught.value.fix == install_extra("azure")
    assert caught.value.detail.startswith("The target 'there' uses")


def test_a_spec_without_targets_is_not_said_to_have_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FINDS, lambda name: None if name.startswith("azure") else find_spec(name))
    file = tmp_path / "spec.yaml"
    file.write_text("project: demo\nworkspace: {azure: {subscription_id: s, resource_group: g, workspace_name: w}}\n")
    project = load_project([file], LoadOptions())
    with (
        pytest.raises(UnsupportedSetup, match=r"^The spec uses"),
        open_workspace(project, discover(), SystemClock()),
    ):
        pass


def test_planning_on_this_machine_imports_nothing_of_azure(spec: Path) -> None:
    program = (
        "import sys; from orchestrator.cli.main import run\n"
        f"try: run(['plan', {str(spec)!r}])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name == 'azure' or name.startswith('azure.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"
