"""The page "Add a job type" is right: both files are complete, its cases fit, and what it runs and sends is what it says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from orchestrator.core.job_rules import job_problems, job_refusals
from orchestrator.core.kind import Variants
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder
from tests.docs.pages import ROOT, blocks
from tests.unit.kinds.cases import merged

PAGE = ROOT / "docs" / "how-to" / "add-a-job-type.md"
[DOCUMENTS, RUNS] = [block.body for block in blocks(PAGE) if block.language == "python"]
[[CASE]] = [yaml.safe_load(block.body) for block in blocks(PAGE) if block.language == "text"]


def module(name: str, code: str) -> ModuleType:
    made = ModuleType(name)
    sys.modules[name] = made
    exec(compile(code, str(PAGE), "exec"), made.__dict__)
    return made


@pytest.fixture(scope="module")
def halves() -> Iterator[tuple[Any, Any]]:
    names = ("orchestrator.job_types.notebook", "orchestrator.workspace.job_types.notebook")
    documents, runs = map(module, names, (DOCUMENTS, RUNS))
    yield documents.TYPE, runs.EXECUTION
    for name in names:
        del sys.modules[name]


def test_its_cases_fit_its_documents(halves: tuple[Any, Any]) -> None:
    kind, _ = halves
    model = Variants(kind.variants)["notebook"]
    for body in (CASE["minimal"], *(merged(CASE["full"], patch) for patch in ({}, CASE["label"], CASE["content"]))):
        model.model_validate(body)
        assert list(job_problems(kind, "notebook", body)) == list(job_refusals(kind, "notebook", body)) == []
    for wrong in CASE["invalid"]:
        [found] = job_problems(kind, "notebook", merged(CASE["full"], wrong["patch"]))
        assert (found.code, ".".join(map(str, found.path))) == (wrong["code"], wrong["at"])
    with pytest.raises(ValidationError):
        model.model_validate({**CASE["full"], "strange": 1})


def test_it_runs_and_crosses_the_wire(halves: tuple[Any, Any], tmp_path: Path) -> None:
    _, execution = halves
    body = CASE["full"]
    order = RunOrder("counted-1", "notebook", body, "python", command=execution.program(body))
    argv, _ = execution.argv(order, JobFolder(tmp_path))
    assert argv == ["papermill", "-p", "depth", "1", "--no-progress-bar", "train.ipynb", "outputs/run.ipynb"]
    sent = {**execution.wire.properties(body, "notebook", None), "codeId": "src"}

    class Reader:
        code = staticmethod(lambda identity: identity)

    back = {name: value for name, value in execution.wire.body(sent, Reader()).items() if value is not None}
    assert back == {name: value for name, value in body.items() if name != "tags"}
