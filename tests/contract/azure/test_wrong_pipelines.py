"""Pipelines that the client refuses are refused here too, at the line of the mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project

ml = pytest.importorskip("azure.ai.ml")

HEAD = "type: pipeline\nsettings: {default_compute: azureml:cpu}\njobs:\n  one:\n"
STEP = "    command: echo 1\n    environment: azureml:packages:1\n"

WRONG = (
    ("a strange field of a step", f"{STEP}    strange: 1\n", 7, "unknown-field"),
    ("a strange type of step", f"{STEP}    type: comand\n", 7, "invalid-value"),
    ("a command that is no text", "    command: 3\n    environment: azureml:packages:1\n", 5, "wrong-type"),
    ("a step that is not there", f"{STEP}    inputs:\n      x: ${{{{parent.jobs.two.outputs.y}}}}\n", 8, "invalid-reference"),
    ("an input that is not there", f"{STEP}    inputs:\n      x: ${{{{parent.inputs.y}}}}\n", 8, "invalid-reference"),
    ("an output that is not there", f"{STEP}    outputs:\n      x: ${{{{parent.outputs.y}}}}\n", 8, "invalid-reference"),
    ("a missing component file", "    component: ./nowhere.yml\n", 5, "file-not-found"),
    ("a missing folder of code", f"{STEP}    code: ./nowhere\n", 7, "missing-file"),
    ("nodes that are no number", f"{STEP}    resources: {{instance_count: many}}\n", 7, "wrong-type"),
    ("an identity of another kind", f"{STEP}    identity: {{type: strange}}\n", 7, "invalid-value"),
    ("an input that is written", f"{STEP}    inputs: {{x: {{path: azureml:x:1, mode: rw_mount}}}}\n", 7, "invalid-value"),
)  # fmt: skip


def test_what_the_client_refuses_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "job.yml"
    for what, step, line, code in WRONG:
        path.write_text(f"{HEAD}{step}")
        with pytest.raises(SpecError) as refused:
            load_project([path], LoadOptions())
        [found] = refused.value.diagnostics
        assert (found.code, found.subject.line) == (code, line), what
        with pytest.raises(Exception, match=r"."):
            ml.load_job(path)
