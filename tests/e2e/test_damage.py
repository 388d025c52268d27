"""Files of the workspace that a power cut or a hand has damaged."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.project import Project

SPEC = """
project: damage
workspace: {local: {}}
data:
  rows: {type: uri_file, path: rows.csv}
jobs:
  count:
    type: command
    command: wc -l < ${{inputs.rows}} > outputs/lines; echo round ${{inputs.round}}
    environment: {image: some/image}
    inputs:
      rows: {type: uri_file, path: "${data.rows}"}
      round: 1
"""


def test_damaged_data_is_not_served_and_the_next_apply_brings_it_back(projects: Callable[[str], Project]) -> None:
    project = projects(SPEC)
    (project.folder / "rows.csv").write_text("1\n2\n3\n")
    project.apply()
    for stored in project.workspace.glob("content/**/*"):
        if stored.is_file() and stored.read_bytes() == b"1\n2\n3\n":
            stored.chmod(0o644)
            stored.write_bytes(b"1\n")
    project.edit("spec.yaml", "round: 1", "round: 2")
    assert project.plan()["data.rows"]["action"] == "create"
    assert project.apply()["data.rows"]["outcome"] == "created"
    assert project.plan() == {}
    runs = project.workspace.glob("jobs/*/outputs/lines")
    assert sorted(path.read_text().strip() for path in runs) == ["3", "3"]
