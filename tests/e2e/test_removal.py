"""What leaves the spec, and what refuses to."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.project import Project, processes_of
from tests.e2e.specs import training

Make = Callable[[str], Project]


def without_endpoint(project: Project) -> None:
    path = project.folder / "spec.yaml"
    path.write_text(path.read_text().split("online_endpoints:")[0])


def test_an_orphan_stays_until_pruned_and_protection_holds(projects: Make) -> None:
    project = training(projects(""))
    path = project.folder / "spec.yaml"
    path.write_text(
        path.read_text().replace("    auth_mode: key\n", "    auth_mode: key\n    lifecycle: {protect: true}\n")
    )
    project.apply()
    protected = path.read_text()
    without_endpoint(project)
    shown = project.run("plan", project.spec).stdout
    assert "orphaned" in shown
    assert "0 to delete" in shown
    refused = project.run("apply", project.spec, "--yes", "--prune", code=1)
    assert "protected" in refused.stderr
    assert [c for c in processes_of(project.workspace).values() if "serving.worker" in c]

    path.write_text(protected.replace("protect: true", "protect: false"))
    project.apply()
    without_endpoint(project)
    outcomes = project.apply("--prune")
    assert outcomes["online_endpoints.totals"]["outcome"] == "deleted"
    assert not [c for c in processes_of(project.workspace).values() if "serving.worker" in c]
    assert "orphaned" not in project.run("plan", project.spec).stdout


def test_a_protected_resource_stops_destroy(projects: Make) -> None:
    project = projects(
        "project: kept\ncompute: {cpu: {type: amlcompute, size: Standard_DS2_v2, lifecycle: {protect: true}}}\n"
    )
    project.apply()
    assert "protected" in project.run("destroy", project.spec, "--yes", code=1).stderr
    assert project.status()["compute.cpu"]["health"] == "healthy"
