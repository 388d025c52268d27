"""Bodies inside a resource that stand in files of their own: the jobs of schedules, with what overrides them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.api import validate
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import Project
from orchestrator.core.value import LocalFiles

JOB = "type: command\ncommand: python a.py\ncode: ./src\nenvironment: file:env.yml\ninputs: {a: 1, b: 2}\n"


def loaded(folder: Path, create_job: str, more: str = "") -> Project:
    (folder / "jobs" / "src").mkdir(parents=True, exist_ok=True)
    (folder / "jobs" / "src" / "a.py").write_text("print(1)\n")
    (folder / "jobs" / "job.yml").write_text(JOB)
    (folder / "jobs" / "env.yml").write_text("image: python\n")
    trigger = "trigger: {type: cron, expression: 0 6 * * *}"
    (folder / "spec.yaml").write_text(
        f"project: demo\nworkspace: {{local: {{}}}}\n{more}schedules:\n  s:\n    {trigger}\n    create_job: {create_job}\n"
    )
    return validate(folder / "spec.yaml")


def schedule(project: Project) -> Any:
    return next(each for each in project.resources.values() if each.address.section == "schedules")


@pytest.mark.parametrize(
    "written", ["./jobs/job.yml", "file:./jobs/job.yml", "file:jobs/job.yml", "{job: ./jobs/job.yml}"]
)
def test_a_file_is_the_job_that_stands_in_it(tmp_path: Path, written: str) -> None:
    job = schedule(loaded(tmp_path, written)).properties["create_job"]
    assert job["environment"] == {"image": "python"}
    assert isinstance(job["code"], LocalFiles)
    assert job["code"].path == tmp_path / "jobs" / "src"


def test_what_stands_beside_it_overrides_it(tmp_path: Path) -> None:
    written = "{type: command, job: ./jobs/job.yml, inputs: {b: 3}, environment: {image: other}}"
    job = schedule(loaded(tmp_path, written)).properties["create_job"]
    assert job["inputs"] == {"a": 1, "b": 3}
    assert job["environment"] == {"image": "other"}
    assert "job" not in job


def test_the_files_of_the_job_are_part_of_the_fingerprint(tmp_path: Path) -> None:
    before = schedule(loaded(tmp_path, "./jobs/job.yml")).content
    (tmp_path / "jobs" / "src" / "a.py").write_text("print(22)\n")
    assert schedule(validate(tmp_path / "spec.yaml")).content != before


def test_a_declared_job_is_an_edge_of_the_graph(tmp_path: Path) -> None:
    more = "jobs:\n  train: {command: echo, environment: {image: python}}\n"
    for written in ("azureml:train", "{type: command, job: 'azureml:train'}", "${jobs.train.name}"):
        found = schedule(loaded(tmp_path, written, more))
        assert {str(address) for address in found.depends_on} == {"jobs.train"}, written


def test_a_file_that_is_not_there_is_told_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        loaded(tmp_path, "{type: command, job: ./jobs/jbo.yml}")
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.subject.line, problem.subject.column) == ("file-not-found", 6, 38)
