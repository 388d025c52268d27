"""The ways to run it in ``examples/gitops``: they fit the loop, each other, and the commands that they run."""

from __future__ import annotations

import ipaddress
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
from orchestrator.reconcile.server.listen import Listen
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


WORKFLOW = yaml.safe_load((GITOPS / "github-actions" / "amlctl.yaml").read_text())
PIPELINE = yaml.safe_load((GITOPS / "azure-devops" / "azure-pipelines.yaml").read_text())
LOCKED = "pip install --require-hashes --find-links wheels --requirement requirements.lock"
CHANGING = re.compile(r"^amlctl (apply|destroy|reconcile)\b")
TEXTS = [
    path for path in sorted(GITOPS.rglob("*")) if path.is_file() and path.suffix in ("", ".yaml", ".service", ".md")
]


def azure_jobs() -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Each job of the pipeline with its steps."""
    for stage in PIPELINE["stages"]:
        for job in stage["jobs"]:
            deploy = job.get("strategy", {}).get("runOnce", {}).get("deploy", {})
            yield stage["stage"].lower(), job, job.get("steps", deploy.get("steps", []))


def test_whatever_changes_something_waits_for_the_same_approval() -> None:
    for name, job in WORKFLOW["jobs"].items():
        changes = any(CHANGING.match(step.get("run", "")) for step in job["steps"])
        assert (job.get("environment") == "production") is changes, name
        assert (job.get("concurrency", {}).get("group") == "amlctl-prod") is changes, name
        if changes:
            assert "refs/heads/main" in job["if"]
    for name, job, steps in azure_jobs():
        scripts = [step.get("bash") or step.get("inputs", {}).get("inlineScript", "") for step in steps]
        changes = any(CHANGING.match(script) for script in scripts)
        assert (job.get("environment") == "production") is changes, name
        assert ("deployment" in job) is changes, name
    for stage in PIPELINE["stages"]:
        if stage["stage"] in ("Apply", "Reconcile"):
            assert "refs/heads/main" in stage["condition"]
            assert stage["lockBehavior"] == "sequential"


def test_planning_signs_in_as_a_reader_and_validating_not_at_all() -> None:
    for name, job in WORKFLOW["jobs"].items():
        clients = [
            step["with"]["client-id"] for step in job["steps"] if step.get("uses", "").startswith("azure/login@")
        ]
        expected = {"validate": [], "plan": ["${{ vars.AZURE_READER_CLIENT_ID }}"]}
        assert clients == expected.get(name, ["${{ vars.AZURE_CLIENT_ID }}"]), name
        assert ("id-token" in job.get("permissions", {})) is bool(clients), name
    for name, _, steps in azure_jobs():
        connections = [
            step["inputs"]["azureSubscription"] for step in steps if step.get("task", "").startswith("AzureCLI")
        ]
        assert connections == {"validate": [], "plan": ["amlctl-reader"]}.get(name, ["amlctl-prod"]), name


def test_everything_that_is_fetched_is_pinned_by_its_content() -> None:
    steps = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert [use for use in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", use)] == []
    assert all(
        step["with"]["persist-credentials"] is False
        for step in steps
        if step.get("uses", "").startswith("actions/checkout@")
    )
    assert len({use for use in used if use.startswith("actions/checkout@")}) == 1
    commented = re.findall(
        r"uses: \S+  # v\d+\.\d+\.\d+$", (GITOPS / "github-actions" / "amlctl.yaml").read_text(), re.MULTILINE
    )
    assert len(commented) == len(used), "with the version, for people and for bots"
    image = kubernetes("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert re.fullmatch(r"\S+@sha256:([0-9a-f]{64}|DIGEST)", image)
    assert re.findall(r"^FROM (.+)$", CONTAINERFILE, re.MULTILINE) == ["${PYTHON_IMAGE}"]
    assert re.findall(r"^ARG PYTHON_IMAGE(.*)$", CONTAINERFILE, re.MULTILINE) == ["", ""], (
        "no default: nothing is built without"
    )
    for path in TEXTS:
        assert not re.search(r":latest\b|-latest\b", path.read_text()), path.name


def test_an_image_without_a_digest_is_refused() -> None:
    check = re.findall(r"^RUN (case .+)$", CONTAINERFILE, re.MULTILINE)[0]
    for image, code in (("python:3.11-slim", 1), ("", 1), (f"python:3.11-slim@sha256:{'0' * 64}", 0)):
        environ = {"PYTHON_IMAGE": image, "PATH": os.environ["PATH"]}
        done = subprocess.run(["sh", "-c", check], env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert ("needs a digest" in done.stderr) is bool(code)


def test_every_install_is_checked_by_hashes() -> None:
    for path in TEXTS:
        text = path.read_text()
        code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        installs = re.findall(r"(?:pip|uv pip|pipx|uv tool) install[^\n\\]*", code)
        assert [line for line in installs if "--require-hashes" not in line] == [], path.name
        if installs:
            assert "uv pip compile --generate-hashes" in text, f"{path.name} says how the file is made"
    runs = [
        step["run"]
        for job in WORKFLOW["jobs"].values()
        for step in job["steps"]
        if "pip install" in step.get("run", "")
    ]
    runs += [step["bash"] for _, _, steps in azure_jobs() for step in steps if "pip install" in step.get("bash", "")]
    assert set(runs) == {LOCKED}
    assert len(runs) == 8


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_little_exposed() -> None:
    unit = str(GITOPS / "systemd" / "amlctl-reconcile.service")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    level = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    if level is None:
        pytest.skip("this systemd cannot look at a file")
    assert float(level[1]) <= 1.5, done.stdout


def test_the_unit_is_hardened() -> None:
    said = dict(re.findall(r"^(\w+)=(.*)$", UNIT, re.MULTILINE))
    on = (
        "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "PrivateUsers", "ProtectHome", "ProtectClock", "ProtectHostname",
        "ProtectKernelLogs",
        "ProtectKernelModules", "ProtectKernelTunables", "ProtectControlGroups", "RestrictNamespaces", "RestrictRealtime",
        "RestrictSUIDSGID",
        "LockPersonality", "MemoryDenyWriteExecute", "RemoveIPC", "DynamicUser",
    )  # fmt: skip
    assert [name for name in on if said.get(name) != "yes"] == []
    assert (said["ProtectSystem"], said["CapabilityBoundingSet"], said["UMask"]) == ("strict", "", "0077")
    assert re.findall(r"^SystemCallFilter=(.+)$", UNIT, re.MULTILINE) == ["@system-service", "~@privileged @resources"]
    assert set(said["RestrictAddressFamilies"].split()) == {"AF_UNIX", "AF_INET", "AF_INET6"}


def test_the_pod_reaches_no_private_network_and_has_no_rights() -> None:
    policy = kubernetes("NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    wide = [rule for rule in policy["egress"] for to in rule["to"] if "ipBlock" in to]
    assert [rule["ports"] for rule in wide] == [[{"port": 443, "protocol": "TCP"}]]
    shut = [ipaddress.ip_network(net) for rule in wide for to in rule["to"] for net in to["ipBlock"]["except"]]
    for address in ("169.254.169.254", "10.0.0.1", "172.20.0.1", "192.168.1.1", "100.100.100.200"):
        assert any(ipaddress.ip_address(address) in net for net in shut), address
    pod = kubernetes("Deployment")["spec"]["template"]["spec"]
    assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        held = container["securityContext"]
        assert (held["allowPrivilegeEscalation"], held["readOnlyRootFilesystem"]) == (False, True)
        assert held["capabilities"] == {"drop": ["ALL"]}
        assert {"memory", "cpu", "ephemeral-storage"} <= container["resources"]["limits"].keys()
    assert kubernetes("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


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
