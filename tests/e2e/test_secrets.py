"""A job that prints its secrets: nobody gets to read them."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.project import Project

PLANTED = "planted-4711"
SPEC = """
project: leaks
secrets:
  token: {env: LEAKED_TOKEN}
workspace: {local: {}}
jobs:
  leak:
    type: command
    command: |
      echo "plain $TOKEN"; echo "inside $URL"; printf planted-; sleep 0.05; echo 4711; echo "error $TOKEN" >&2; exit 3
    environment: {image: some/image}
    environment_variables:
      TOKEN: ${secret.token}
      URL: https://user:${secret.token}@example.org/
"""


def test_a_job_that_prints_its_secret_does_not_publish_it(projects: Callable[[str], Project]) -> None:
    project = projects(SPEC)
    project.environ["LEAKED_TOKEN"] = PLANTED
    applied = project.run("apply", "spec.yaml", "--yes", code=None)
    assert applied.returncode == 3, applied.stderr
    logs = project.run("logs", "spec.yaml", "jobs.leak", code=None)
    assert logs.stdout.splitlines() == [
        "plain (secret token)",
        "inside https://user:(secret token)@example.org/",
        "(secret token)",
        "error (secret token)",
    ]
    assert "error (secret token)" in applied.stdout + applied.stderr
    for text in (applied.stdout, applied.stderr, logs.stderr):
        assert PLANTED not in text
    holding = {
        path.relative_to(project.workspace).parts[0]
        for path in project.workspace.rglob("*")
        if path.is_file() and PLANTED.encode() in path.read_bytes()
    }
    assert holding == {"secrets"}
