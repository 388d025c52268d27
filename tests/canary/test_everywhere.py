"""A secret in every field that takes one, and a search of every file, output and answer."""

from __future__ import annotations

import contextlib
import io
import json
import os
import stat
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.core.field_mark import Sensitive
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.kinds import discover
from orchestrator.reconcile.assemble import assembled
from orchestrator.reconcile.config_read import parse_config
from orchestrator.reconcile.events import logging_watch
from orchestrator.reconcile.server.routes import ROUTES
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.operations import administration as admin
from tests.unit.cli.calling import Shell
from tests.unit.kinds.cases import all_cases, merged
from tests.unit.reconcile.receiver import receiving

CANARY = "c4n4ry"
BESIDE: Mapping[str, Mapping[str, Any]] = {
    "account_key": {},
    "sas_token": {},
    "client_secret": {"tenant_id": "t", "client_id": "c"},
    "certificate": {"tenant_id": "t", "client_id": "c", "thumbprint": "aa"},
    "admin_password": {"admin_username": "me"},
    "api_key": {"type": "serverless", "name": "teacher", "endpoint": "https://example.org"},
}
"""What else belongs to a credential, by its secret field. A new secret field needs a line here or a full case."""


@pytest.fixture
def amlctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    monkeypatch.chdir(tmp_path)
    yield Shell(tmp_path, capsys)
    for root in tmp_path.rglob(".amlctl"):
        admin.down(root)


def sensitive(node: FieldNode, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every path to a secret field of a body; of models that contain themselves, such as pipelines, one turn."""
    if node.mark(Sensitive) is not None:
        yield path
        return
    for name, inner in (node.fields or {}).items():
        if name not in path:
            yield from sensitive(inner, (*path, name))
    if node.item is not None:
        yield from sensitive(node.item, (*path, "0"))


FIELDS = [
    (kind, variant, path)
    for kind, known in discover().items()
    for variant in known.variants
    for path in sensitive(root_node(known, variant))
    if path[0] not in known.nests  # the body of another kind, which has its own turn
]


def beside(kind: str, path: tuple[str, ...]) -> Mapping[str, Any]:
    """What stands beside a secret field: as in a case of the kind that has it, else as `BESIDE` says."""
    if len(path) == 1:
        return {}
    for case in all_cases():
        node: Any = case.full if case.kind == kind else {}
        for part in path[:-1]:
            node = node.get(part, {}) if isinstance(node, dict) else {}
        if isinstance(node, dict) and str(node.get(path[-1], "")).startswith("${secret."):
            return {name: value for name, value in node.items() if name != path[-1]}
    return BESIDE[path[-1]]


def refused(kind: str, variant: str) -> bool:
    """Whether the embedded workspace refuses jobs of a type when they are planned, before anything is kept."""
    return kind == "jobs" and any(discover()[kind].local_refusals(variant, {}))


def bodies(*, all_types: bool = False) -> tuple[dict[str, Any], dict[str, str]]:
    """The sections of a spec that has each secret field once, and the environment that its secrets come from.

    Args:
        all_types: with the types of jobs that only Azure runs.
    """
    minimal = {(case.kind, case.variant): case.minimal for case in all_cases()}
    sections: dict[str, Any] = {}
    environ: dict[str, str] = {}
    for number, (kind, variant, path) in enumerate(FIELDS):
        if refused(kind, variant) and not all_types:
            continue
        name = f"CANARY_{number}"
        environ[name] = f"{CANARY}-{number}-value"
        base = {k: v for k, v in minimal[kind, variant].items() if k != path[0]}
        inner: Any = {path[-1]: f"${{secret.{name}}}", **beside(kind, path)}
        for part in reversed(path[:-1]):
            inner = {part: inner}
        sections.setdefault(kind, {})[f"field{number}"] = merged(base, inner)
    return sections, environ


def spec_of(sections: Mapping[str, Any], environ: Mapping[str, str], **more: Any) -> str:
    secrets = {name: {"env": name} for name in environ}
    return yaml.safe_dump({"project": "canary", "secrets": secrets, **more, **sections}, sort_keys=False)


def holding(folder: Path) -> list[str]:
    """The files below a folder in which a canary is, in any encoding of use."""
    needles = [CANARY.encode(), CANARY.encode("utf-16-le"), CANARY[::-1].encode()]
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            found += [str(path.relative_to(folder))] if any(needle in data for needle in needles) else []
    return found


ENDPOINT = "online_endpoints.canary-scores"
WITH_ENDPOINT: Mapping[str, Any] = {"online_endpoints": {"canary-scores": {}}}

COMMANDS = (
    ("validate",), ("validate", "--format", "json"), ("plan",), ("plan", "-v"), ("plan", "--format", "json"),
    ("plan", "--format", "markdown"),
    *(("graph", "--format", form) for form in ("mermaid", "dot", "svg", "json")),
    ("status",), ("status", "--format", "json"), ("reconcile", "--once"),
    ("reconcile", "--status", "--format", "json"),
)  # fmt: skip


def everything_said(amlctl: Shell, *, first: str) -> Iterator[tuple[str, str]]:
    """Each command's name and all that it printed."""
    for words in COMMANDS:
        answer = amlctl(words[0], "spec.yaml", *words[1:], code=None)
        yield " ".join(words), answer.out + answer.err
    for words in (
        ("explain", "spec.yaml", first),
        ("logs", "spec.yaml", first),
        ("state", "history", "spec.yaml"),
        ("workspace", "status", "spec.yaml"),
        ("invoke", "spec.yaml", ENDPOINT, "--data", "{}"),
    ):
        answer = amlctl(*words, code=None)
        yield " ".join(words), answer.out + answer.err


def destroyed(amlctl: Shell) -> Iterator[tuple[str, str]]:
    """What is said while everything is removed, by text first: the question, then without one."""
    for words in (
        ("--format", "json"),
        ("--yes", "--format", "json"),
        ("--yes", "-v"),
        ("--yes", "--log-format", "json"),
    ):
        answer = amlctl("destroy", "spec.yaml", *words, code=None)
        yield f"destroy {' '.join(words)}", answer.out + answer.err
    assert answer.code == 0, answer.err
    answer = amlctl("status", "spec.yaml", code=None)
    yield "status of nothing", answer.out + answer.err


@pytest.mark.slow
def test_every_secret_field_of_every_model(amlctl: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sections, environ = bodies()
    assert len(environ) == len(FIELDS) - sum(refused(kind, variant) for kind, variant, _ in FIELDS) > 10
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    amlctl.write("spec.yaml", spec_of({**sections, **WITH_ENDPOINT}, environ))
    amlctl("validate", "spec.yaml")
    said = list(everything_said(amlctl, first="datastores.field4"))
    answer = amlctl("plan", "spec.yaml", "-o", "plan.json", code=None)
    answer = amlctl("apply", "spec.yaml", "--yes", "--format", "json", code=None)
    said.append(("apply", answer.out + answer.err))
    errors = [line for line in answer.err.splitlines() if "error[" in line]
    assert answer.code == 0, errors
    said += everything_said(amlctl, first="datastores.field4")
    for name in environ:  # rotated: what they were is as little to be seen as what they are
        monkeypatch.setenv(name, f"{CANARY}-rotated-{name}")
    said += everything_said(amlctl, first="datastores.field4")
    changed = json.loads(amlctl("plan", "spec.yaml", "--format", "json", code=None).out)
    assert changed["summary"]["unchanged"] >= len(environ), "the loop's pass was an apply"
    answer = amlctl("apply", "spec.yaml", "--yes", "--log-format", "json", code=None)
    said.append(("apply again", answer.out + answer.err))
    said += destroyed(amlctl)
    assert [name for name, text in said if CANARY in text] == []
    assert holding(tmp_path) == []


def test_a_plain_secret_in_the_wrong_place_is_concealed(amlctl: Shell) -> None:
    """The fields that take a secret, with the secret itself: nobody is shown the line again."""
    sections, environ = bodies(all_types=True)
    text = spec_of(sections, environ)
    for number, name in enumerate(environ):
        text = text.replace(f"${{secret.{name}}}", f"{CANARY}-{number}-plain")
    answer = amlctl("validate", str(amlctl.write("spec.yaml", text)), code=None)
    assert answer.code == 1
    assert CANARY not in answer.out + answer.err
    assert "secret-expected" in answer.err
    assert CANARY not in amlctl("validate", "spec.yaml", "--format", "json", code=None).out


@pytest.mark.slow
def test_the_loop_and_its_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amlctl: Shell) -> None:
    sections, environ = bodies()
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for name in ("API", "HOOK", "SIGNING"):
        monkeypatch.setenv(f"{name}_OF_LOOP", f"{CANARY}-{name}")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "spec.yaml").write_text(spec_of(sections, environ))
    said = io.StringIO()
    answers: list[str] = []
    with receiving() as receiver:
        monkeypatch.setenv("URL_OF_LOOP", f"{receiver.url}?token={CANARY}-url")
        config = parse_config(
            "server: {port: 0, token: {env: API_OF_LOOP}}\nfolder: loop\n"
            "notifications: {n: {url: {env: URL_OF_LOOP}, signing_secret: {env: SIGNING_OF_LOOP}}}\n"
            "projects: {canary: {source: {folder: project/spec.yaml}, environment: [CANARY_*], hook: {env: HOOK_OF_LOOP}}}\n",
            tmp_path / "reconcile.yaml",
        )
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            watch = logging_watch("json")
            address: list[str] = []

            def listen(event: str, facts: Mapping[str, object]) -> None:
                address.extend([str(facts["address"])] if event == "server" else [])
                watch(event, facts)

            for text in (None, "broken: ["):  # a first run, and one that finds its state although the spec is broken
                if text is not None:
                    (tmp_path / "project" / "spec.yaml").write_text(text)
                with assembled(config, listen) as loop:
                    loop.once()
                    for route in ROUTES:
                        if route.method == "GET":
                            url = address[-1] + route.template.replace("{project}", "canary")
                            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=20) as answer:
                                answers.append(answer.read().decode())
        received = [request.body.decode() for request in receiver.received]
    assert answers
    assert received
    assert CANARY not in said.getvalue() + "".join(answers) + "".join(received)
    own = WorkspacePaths(tmp_path / "project" / ".amlctl").secrets
    kept = {str(file.relative_to(tmp_path)) for file in own.iterdir()}
    assert {stat.S_IMODE(file.stat().st_mode) for file in own.iterdir()} == {0o600}
    assert set(holding(tmp_path)) - kept == set(), "only the embedded workspace keeps them, for their owner"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what the client's own libraries say about each other
def test_the_workspaces_own_secrets(amlctl: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Azure: the principal's secret and the signed address of the state, with two runs of the loop."""
    pytest.importorskip("azure.ai.ml")
    from orchestrator.workspace.arm.storage import account_path, container_of
    from tests.contract import served
    from tests.contract.kinds.azure_world import settings

    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    with served.serving(tmp_path / "server") as service:
        monkeypatch.setenv("AMLCTL_ALLOWED_HOSTS", "localhost:*,127.0.0.1:*,*.localhost:*")
        container = container_of("workspaceblobstore")
        signature = service.tokens.grant(container)
        monkeypatch.setenv("SP_SECRET", service.tokens.secret)
        monkeypatch.setenv("STATE_SAS", signature)
        chosen = settings(service)
        chosen["credential"]["client_secret"]["client_secret"] = "${secret.sp}"
        chosen["state"] = {"container_url": f"{service.url}/{account_path()}/{container}?${{secret.sas}}"}
        chosen.pop("polling_s")
        text = yaml.safe_dump(
            {
                "project": "canary",
                "secrets": {"sp": {"env": "SP_SECRET"}, "sas": {"env": "STATE_SAS"}},
                "workspace": {"azure": chosen},
                "compute": {"cpu": {"type": "amlcompute", "size": "Standard_DS2_v2", "max_instances": 1}},
            }
        )
        (project / "spec.yaml").write_text(text)
        shell = Shell(project, amlctl.captured)
        said = list(everything_said(shell, first="compute.cpu"))
        assert [name for name, output in said if name == "reconcile --once" and "1 changed" in output], said
        places = (project / ".amlctl" / "places.json").read_text()
        assert json.loads(places), "the loop remembers where the state is"
        (project / "spec.yaml").write_text(text + "broken: [\n")
        answer = shell("status", "spec.yaml", code=None)
        assert "reconcile loop" in answer.out, "the second run reaches the state although the spec is broken"
        said.append(("status of a broken spec", answer.out + answer.err))
        (project / "spec.yaml").write_text(text)
        answer = shell("reconcile", "spec.yaml", "--once", code=None)
        assert answer.code == 0, answer.err
        said.append(("the second run", answer.out + answer.err))
        secrets = (service.tokens.secret, signature.rpartition("sig=")[2])
    for secret in secrets:
        assert [name for name, output in said if secret in output] == []
        files = [path for path in project.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
        assert files == []
    assert os.environ.get("REQUESTS_CA_BUNDLE", "") not in str(tmp_path)


@pytest.mark.parametrize(
    "written",
    [
        f"{CANARY}-1",
        f"{{value: {CANARY}-1}}",
        f"{{env: A, value: {CANARY}-1}}",
        f"[{CANARY}-1]",
        f"{{plain: {{text: {CANARY}-1}}}}",
        f"\n    value: {CANARY}-1",
        f"\n    env: A\n    value: {CANARY}-1",
    ],
)
def test_a_secret_in_the_place_of_its_source_is_concealed(amlctl: Shell, written: str) -> None:
    amlctl.write("spec.yaml", f"project: small\nsecrets:\n  s: {written}\n")
    answer = amlctl("validate", "spec.yaml", code=None)
    assert answer.code == 1
    assert "invalid-secret" in answer.err
    assert CANARY not in answer.out + answer.err


@pytest.mark.parametrize(
    "line",
    [
        f"client_secret: {CANARY}",
        f"state: {{container_url: 'https://a.blob.core.windows.net/c?sv=1&sig={CANARY}'}}",
        f"state: {{container_url: 'https://u:{CANARY}@a.blob.core.windows.net/c'}}",
    ],
)
def test_a_workspaces_secret_in_plain_text_is_concealed(amlctl: Shell, line: str) -> None:
    if line.startswith("client_secret"):
        line = f"credential: {{client_secret: {{tenant_id: t, client_id: c, {line}}}}}"
    amlctl.write(
        "spec.yaml",
        "project: small\nworkspace:\n  azure:\n    subscription_id: s\n    resource_group: g\n    workspace_name: w\n"
        f"    {line}\n",
    )
    answer = amlctl("validate", "spec.yaml", code=None)
    assert answer.code == 1
    assert CANARY not in answer.out + answer.err
    assert CANARY not in amlctl("validate", "spec.yaml", "--format", "json", code=None).out
