"""The ways to run it in ``examples/gitops``: they fit the loop, each other, and the commands that they run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.cli.main import cli
from orchestrator.reconcile.config import Config
from orchestrator.reconcile.config_model import ChannelBody, ProjectBody, ServerBody
from orchestrator.reconcile.config_read import parse_config, read_config
from orchestrator.reconcile.server import metrics
from orchestrator.reconcile.server.http import Listen
from orchestrator.reconcile.server.routes import ROUTES

GITOPS = Path(__file__).parents[3] / "examples" / "gitops"
KUBERNETES = list(yaml.safe_load_all((GITOPS / "kubernetes" / "reconcile.yaml").read_text()))
CONTAINERFILE = (GITOPS / "container" / "Containerfile").read_text()
UNIT = (GITOPS / "systemd" / "amlctl-reconcile.service").read_text()


def kubernetes(kind: str) -> Any:
    return next(document for document in KUBERNETES if document["kind"] == kind)


def secrets_of(config: Config) -> set[str]:
    """Names of all environment variables that a configuration takes secrets from."""
    return set(re.findall(r"SecretReference\(kind='env', where='(\w+)'", repr(config)))


def options_of(arguments: list[str]) -> None:
    """Check that the command line takes these arguments."""
    command = cli.get_command(cli.make_context("amlctl", [], resilient_parsing=True), arguments[0])
    assert command is not None
    parser = command.make_parser(command.make_context(arguments[0], [], resilient_parsing=True))
    _, extra, _ = parser.parse_args(arguments[1:])
    assert extra == []


@pytest.fixture(scope="module")
def config() -> Config:
    return read_config(GITOPS / "reconcile.yaml")


@pytest.fixture(scope="module")
def in_cluster() -> Config:
    return parse_config(kubernetes("ConfigMap")["data"]["reconcile.yaml"], Path("/etc/amlctl/reconcile.yaml"))


def test_the_configuration_is_valid_and_the_cluster_has_the_same(config: Config, in_cluster: Config) -> None:
    assert in_cluster.projects == config.projects
    assert config.listen == Listen()
    assert in_cluster.listen == Listen("0.0.0.0")


def test_the_pod_reaches_what_it_needs(in_cluster: Config) -> None:
    deployment = kubernetes("Deployment")["spec"]
    pod = deployment["template"]["spec"]
    container = pod["containers"][0]
    assert in_cluster.listen is not None
    assert container["ports"] == [{"name": "http", "containerPort": in_cluster.listen.port}]
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert str(in_cluster.folder) in mounts
    assert {volume["name"] for volume in pod["volumes"]} == set(mounts.values())
    assert Path(container["args"][1]).parent.as_posix() in mounts
    paths = {route.template for route in ROUTES if route.method == "GET"}
    for probe in ("livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] in paths
    assert deployment["template"]["metadata"]["annotations"]["prometheus.io/path"] in paths
    assert f"--uid {pod['securityContext']['runAsUser']}" in CONTAINERFILE
    text = (GITOPS / "kubernetes" / "reconcile.yaml").read_text()
    assert set(re.findall(r"--from-literal=(\w+)=", text)) == secrets_of(in_cluster)


def test_everything_in_the_cluster_selects_the_pod() -> None:
    deployment = kubernetes("Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"].items()
    assert deployment["selector"]["matchLabels"].items() <= labels
    assert kubernetes("Service")["spec"]["selector"].items() <= labels
    assert kubernetes("NetworkPolicy")["spec"]["podSelector"]["matchLabels"].items() <= labels
    assert {document["metadata"].get("namespace", "amlctl") for document in KUBERNETES} == {"amlctl"}


def test_the_container_runs_a_command_that_exists() -> None:
    entry = yaml.safe_load(re.findall(r"^ENTRYPOINT (.+)$", CONTAINERFILE, re.MULTILINE)[0])
    given = yaml.safe_load(re.findall(r"^CMD (.+)$", CONTAINERFILE, re.MULTILINE)[0])
    options_of([*entry[1:], *given])
    options_of([*entry[1:], *kubernetes("Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]])


def test_the_unit_runs_a_command_that_exists(config: Config) -> None:
    line = re.findall(r"^ExecStart=(.+)$", UNIT, re.MULTILINE)[0]
    options_of(shlex.split(line)[2:])
    state = re.findall(r"^StateDirectory=(.+)$", UNIT, re.MULTILINE)[0]
    assert config.folder == Path("/var/lib") / state


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit() -> None:
    unit = GITOPS / "systemd" / "amlctl-reconcile.service"
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "amlctl-reconcile.service" not in done.stderr


def github_steps() -> Iterator[tuple[str, str]]:
    workflow = yaml.safe_load((GITOPS / "github-actions" / "amlctl.yaml").read_text())
    for name, job in workflow["jobs"].items():
        yield from ((name, step["run"]) for step in job["steps"] if step.get("run", "").startswith("amlctl "))


def azure_steps() -> Iterator[tuple[str, str]]:
    pipeline = yaml.safe_load((GITOPS / "azure-devops" / "azure-pipelines.yaml").read_text())
    for stage in pipeline["stages"]:
        for job in stage["jobs"]:
            deploy = job.get("strategy", {}).get("runOnce", {}).get("deploy", {})
            for step in job.get("steps", deploy.get("steps", [])):
                script = step.get("bash") or step.get("inputs", {}).get("inlineScript", "")
                if script.startswith("amlctl "):
                    yield stage["stage"].lower(), script


def test_both_services_do_the_same() -> None:
    assert list(github_steps()) == list(azure_steps())
    assert [name for name, _ in github_steps()] == ["validate", "plan", "apply", "reconcile"]


def test_no_workflow_puts_what_strangers_write_into_a_shell() -> None:
    text = (GITOPS / "github-actions" / "amlctl.yaml").read_text()
    workflow = yaml.safe_load(text)
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert [run for run in runs if "${{" in run] == []
    assert workflow["permissions"] == {"contents": "read"}


@pytest.mark.slow
def test_the_commands_of_the_workflows_work(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "amlctl").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m orchestrator "$@"\n')
    (tools / "amlctl").chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    (project / "spec.yaml").write_text(
        "project: workflows\n"
        "targets: {prod: {workspace: {local: {}}}}\n"
        "compute: {cpu: {type: amlcompute, size: Standard_DS2_v2, max_instances: 1}}\n"
    )
    root = str(GITOPS.parents[1])
    environ = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": root,
        "SPEC": "spec.yaml",
        "TARGET": "prod",
    }
    said = {}
    try:
        for name, command in github_steps():
            done = subprocess.run(
                ["bash", "-e", "-c", command],
                cwd=project,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            said[name] = done.stdout + done.stderr
            assert done.returncode == 0, said
    finally:
        subprocess.run(
            [str(tools / "amlctl"), "workspace", "down"], cwd=project, env=environ, capture_output=True, check=False
        )
    plan = (project / "plan.md").read_text()
    assert "compute.cpu" in plan
    assert "|" in plan
    assert "1 created" in said["apply"]


GUIDE = GITOPS.parents[1] / "docs" / "guide" / "reconcile.md"


@pytest.mark.parametrize("block", re.findall(r"^```yml\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL))
def test_the_guides_configurations_are_valid(block: str) -> None:
    parse_config(block, Path("/etc/amlctl/reconcile.yaml"))


def test_the_guide_names_every_setting_path_and_metric() -> None:
    text = GUIDE.read_text()
    settings = [
        *ProjectBody.model_fields,
        *ServerBody.model_fields,
        *ChannelBody.model_fields,
        "folder",
        "parallel_passes",
    ]
    assert [name for name in settings if f"`{name}" not in text and f"{name}:" not in text] == []
    told = [route.template.replace("{project}", "NAME") for route in ROUTES]
    assert [path for path in told if path.removeprefix("/api/v1/projects/NAME/") not in text] == []
    known = set(re.findall(r'"(amlctl_\w+)"', Path(metrics.__file__).read_text()))
    assert set(re.findall(r"amlctl_\w+", text)) - {"amlctl_reconcile"} <= known
