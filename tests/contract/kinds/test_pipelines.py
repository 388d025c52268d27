"""Pipelines of every shape, through the real client: applied once, then at rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.address import Address
from orchestrator.core.run import Outcome
from tests.contract.azure.pipeline_documents import DOCUMENTS, FILES
from tests.contract.kinds.azure_world import AzureWorld
from tests.contract.kinds.life import Life
from tests.unit.kinds.cases import Case

pytest.importorskip("azure.ai.ml")

TRIED = (
    "a sweep",
    "a parallel component",
    "pipelines three deep",
    "a pipeline component as the pipeline",
    "AutoML",
    "Spark",
    "expressions in fields of steps",
)
"""Of each way in which the client sends a pipeline one; all documents take half a minute."""


def case() -> Case:
    """A project with all documents, each a job."""
    names = {what: f"job{number}" for number, what in enumerate(TRIED)}
    files = {f"{names[what]}.yml": f"type: pipeline\n{DOCUMENTS[what]}" for what in TRIED}
    jobs = {name: {"file": f"{name}.yml"} for name in names.values()}
    around = {
        "compute": {name: {"type": "amlcompute", "size": "Standard_DS3_v2"} for name in ("cpu", "gpu")},
        "environments": {"packages": {"image": "example/base", "version": "1"}},
        "jobs": jobs,
    }
    first = next(iter(jobs.values()))
    return Case("jobs", {**FILES, **files}, around, None, "job0", "pipeline", minimal=first, full=first)


def test_pipelines_are_applied_once_and_come_to_rest(azure: AzureWorld, tmp_path: Path) -> None:
    life = Life(case(), azure, tmp_path)
    life.edit({})
    done = life.apply()
    assert {done[Address("jobs", f"job{number}")].outcome for number in range(len(TRIED))} == {Outcome.RAN}
