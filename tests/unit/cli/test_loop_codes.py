"""What ``reconcile --once`` and ``--status`` say and return: nothing to do, changes wait, stalled, never planned."""

from __future__ import annotations

import pytest

from tests.unit.cli.calling import SPEC, Shell

BROKEN = [
    ("project: demo\ncompute: {cpu: {type: nonsense}}\n", "InvalidSpec", "a spec with a problem"),
    ("project: demo\nmodels: {m: {path: 'azureml:none@latest'}}\n", "", "a plan that is refused"),
    ("project: [\n", "InvalidSpec", "no YAML"),
]


def test_changes_that_wait_have_a_code_of_their_own(demo: Shell) -> None:
    assert "pending: create data.rows" in demo("reconcile", "spec.yaml", "--once", "--observe", "-q", code=2).out
    demo("reconcile", "spec.yaml", "--once", "-q", code=2)
    demo("reconcile", "spec.yaml", "--once", "--observe", "-q", code=0)
    demo("reconcile", "spec.yaml", "--status", code=0)
    demo.write("spec.yaml", SPEC.replace("max_instances: 2", "max_instances: 3"))
    assert (
        "pending: update compute.cpu (changed: max_instances"
        in demo("reconcile", "spec.yaml", "--once", "--observe", "-q", code=2).out
    )


def test_a_project_that_no_loop_has_looked_at(demo: Shell) -> None:
    assert "NeverPlanned" in demo("reconcile", "spec.yaml", "--status", code=1).out


@pytest.mark.parametrize(("spec", "reason", "why"), BROKEN, ids=[b[2] for b in BROKEN])
def test_a_project_that_never_planned_is_stalled_with_its_reason(
    amlctl: Shell, spec: str, reason: str, why: str
) -> None:
    amlctl.write("spec.yaml", spec)
    amlctl("reconcile", "spec.yaml", "--once", "-q", code=1)
    if not reason:
        amlctl("reconcile", "spec.yaml", "--once", "-q", code=1)
    answer = amlctl("reconcile", "spec.yaml", "--status", code=1)
    assert "Stalled      True" in answer.out, why
    assert reason in answer.out
    assert "spec.yaml:" in answer.out, "where it is"
    amlctl.write("spec.yaml", "project: demo\n")
    amlctl("reconcile", "spec.yaml", "--once", "-q", code=None)
    amlctl("reconcile", "spec.yaml", "--status", code=0)


def test_a_stalled_project_is_no_success(demo: Shell) -> None:
    demo.write(
        "amlctl.yaml", "projects: {demo: {source: {folder: spec.yaml}, prune: {enabled: true, max_deletions: 0}}}\n"
    )
    demo("apply", "-y")
    demo.write("spec.yaml", SPEC.split("environments:")[0])
    answer = demo("reconcile", "-c", "amlctl.yaml", "--once", "-q", code=1)
    assert "DeletionsHeld" in answer.out


def test_status_shows_what_lives_where_the_plan_is_refused(demo: Shell) -> None:
    demo("apply", "-y")
    demo.write("spec.yaml", SPEC + "models: {m: {path: 'azureml:none@latest'}}\n")
    answer = demo("status", code=1)
    assert "compute.cpu      healthy      unknown" in answer.out
    assert "models.m         missing" in answer.out
    assert "none" in answer.err
    data = demo("status", "--format", "json", code=1).data
    assert {one["address"]: one["health"] for one in data["resources"]}["data.rows"] == "healthy"
    assert data["diagnostics"]
