"""The line between who writes specs and who runs the loop over them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.boundary import Boundary
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project
from orchestrator.kinds import discover
from orchestrator.reconcile.assemble import _aim, assembled
from orchestrator.reconcile.config_read import parse_config
from orchestrator.reconcile.engine import Stages
from orchestrator.reconcile.events import silence
from orchestrator.reconcile.ports import Revision
from orchestrator.report.diagnostics import diagnostics_text
from orchestrator.spec.load import load

FOREIGN = "foreign-4711"
NAME = "foreign-name"

USES: dict[str, str] = {
    "include": "include: [PLACE]\n",
    "include of several": "include: [FOLDER/*.yaml]\n",
    "secret": "secrets: {s: {file: PLACE}}\ndatastores: {d: {type: azure_blob, account_name: abcd, container_name: c, "
    "credentials: {account_key: '${secret.s}'}}}\n",
    "body": "compute: {cpu: {file: PLACE}}\n",
    "data file": "data: {d: {type: uri_file, path: PLACE}}\n",
    "data file by scheme": "data: {d: {type: uri_file, path: 'file:PLACE'}}\n",
    "data folder": "data: {d: {type: uri_folder, path: FOLDER}}\n",
    "model": "models: {m: {type: custom_model, path: PLACE}}\n",
    "conda file": "environments: {e: {image: i, conda_file: PLACE}}\n",
    "code": "jobs: {j: {type: command, command: ls, code: FOLDER, environment: {image: i}}}\n",
    "request": "online_endpoints: {e: {tests: [{request: {file: PLACE}}]}}\n",
    "stand-in": "workspace: {local: {stand_ins: {'azureml:x:1': PLACE}}}\n",
    "certificates": "workspace: {azure: {subscription_id: s, resource_group: g, workspace_name: w, connection: {ca_file: PLACE}}}\n",
    "token file": "workspace: {azure: {subscription_id: s, resource_group: g, workspace_name: w, credential: "
    "{workload_identity: {token_file: PLACE}}}}\n",
}
"""How a spec can name a file: PLACE is the file, FOLDER the folder that holds it."""


def _absolute(project: Path, outside: Path) -> tuple[str, str]:
    return str(outside / f"{NAME}.yaml"), str(outside)


def _dots(project: Path, outside: Path) -> tuple[str, str]:
    return f"../outside/{NAME}.yaml", "../outside"


def _link(project: Path, outside: Path) -> tuple[str, str]:
    (project / "linked.yaml").symlink_to(outside / f"{NAME}.yaml")
    (project / "linked").symlink_to(outside)
    return "linked.yaml", "linked"


def _link_on_the_way(project: Path, outside: Path) -> tuple[str, str]:
    (project / "up").symlink_to(project.parent)
    return f"up/outside/{NAME}.yaml", "up/outside"


def _chain(project: Path, outside: Path) -> tuple[str, str]:
    (project / "first").symlink_to("second")
    (project / "second").symlink_to(outside)
    return f"first/{NAME}.yaml", "first"


WAYS: dict[str, Callable[[Path, Path], tuple[str, str]]] = {
    "absolute": _absolute, "dots": _dots, "link": _link, "link on the way": _link_on_the_way, "chain": _chain,
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    outside = tmp_path / "outside"
    outside.mkdir()
    # Neither YAML nor JSON nor a secret that may be seen: every parser would like to quote it.
    (outside / f"{NAME}.yaml").write_text(f"{FOREIGN}: [{FOREIGN}\n  {FOREIGN}: }}\n")
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def told(error: SpecError) -> str:
    """The problems as they are printed, with the lines that they point at."""

    def line(file: str, number: int) -> str:
        return [*Path(file).read_text().splitlines(), ""][number - 1]

    return diagnostics_text(error.diagnostics, line)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_no_field_leads_out_and_no_error_quotes(
    project: Path, use: str, way: Callable[[Path, Path], tuple[str, str]]
) -> None:
    file, folder = way(project, project.parent / "outside")
    spec = project / "spec.yaml"
    spec.write_text("project: small\n" + use.replace("PLACE", file).replace("FOLDER", folder))
    with pytest.raises(SpecError) as refused:
        load([spec], LoadOptions(boundary=Boundary((project,))), discover())
    found = {diagnostic.code for diagnostic in refused.value.diagnostics}
    assert found & {"outside-boundary", "secret-unavailable"}, found
    text = told(refused.value)
    assert FOREIGN not in text
    if NAME not in spec.read_text():
        assert NAME not in text, "what lies beside is named neither"


@pytest.mark.parametrize(
    "target", ["itself", "b", "missing/\udcff", "x" * 300], ids=["itself", "ring", "no utf-8", "too long"]
)
def test_links_that_lead_nowhere_are_problems_and_no_crash(project: Path, target: str) -> None:
    (project / "itself").symlink_to(target)
    (project / "b").symlink_to("itself")
    (project / "spec.yaml").write_text("project: small\ninclude: [itself]\ndata: {d: {type: uri_file, path: itself}}\n")
    with pytest.raises(SpecError):
        load([project / "spec.yaml"], LoadOptions(boundary=Boundary((project,))), discover())


def test_a_name_that_is_no_utf_8_stays_inside_as_any_other(project: Path) -> None:
    Path(os.fsdecode(os.fsencode(project) + b"/\xff")).symlink_to("../outside")
    (project / "spec.yaml").write_text("project: small\ndata: {d: {type: uri_folder, path: .}}\n")
    with pytest.raises(SpecError) as refused:
        load([project / "spec.yaml"], LoadOptions(boundary=Boundary((project,))), discover())
    assert FOREIGN not in str(refused.value)


def test_what_the_configuration_allows_is_read(project: Path) -> None:
    (project.parent / "outside" / f"{NAME}.yaml").write_text("compute: {cpu: {type: amlcompute, size: s}}\n")
    (project / "spec.yaml").write_text(f"project: small\ninclude: [../outside/{NAME}.yaml]\n")
    options = LoadOptions(boundary=Boundary((project, project.parent / "outside")))
    assert [str(address) for address in load([project / "spec.yaml"], options, discover()).resources] == ["compute.cpu"]


CONFIG = """
projects:
  heart:
    source: {{folder: project/spec.yaml}}
    {}
"""


def loop_options(project: Path, settings: str = "") -> LoadOptions:
    config = parse_config(CONFIG.format(settings), project.parent / "reconcile.yaml")
    return _aim(config.projects[0], config.folder).load


@pytest.mark.parametrize("text", ["${env.CANARY_OF_LOOP}", "${secret.s}"])
def test_the_loops_environment_is_not_the_specs(project: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_OF_LOOP", FOREIGN)
    spec = project / "spec.yaml"
    spec.write_text(
        "project: small\nsecrets: {s: {env: CANARY_OF_LOOP}}\n"
        f"jobs: {{j: {{type: command, command: ls, environment: {{image: i}}, environment_variables: {{A: '{text}'}}}}}}\n"
    )
    with pytest.raises(SpecError) as refused:
        load_project([spec], loop_options(project))
    (problem,) = refused.value.diagnostics
    assert problem.code in ("undefined-environment", "secret-unavailable")
    assert FOREIGN not in f"{problem.detail} {problem.fix}"
    assert "CANARY_OF_LOOP" in problem.detail
    assert "environment" in problem.fix, "the fix names the setting of the loop"
    for allowed in ("CANARY_OF_LOOP", "CANARY_*"):
        load_project([spec], loop_options(project, f"environment: [{allowed}]"))


def test_an_embedded_workspace_is_not_put_anywhere(project: Path) -> None:
    spec = project / "spec.yaml"
    spec.write_text("project: small\nworkspace: {local: {path: ../elsewhere}}\n")
    config = parse_config(CONFIG.format(""), project.parent / "reconcile.yaml")
    stages = Stages({"heart": _aim(config.projects[0], config.folder)}, SystemClock(), lambda event: None)
    with pytest.raises(SpecError) as refused, stages.open("heart", Revision("r", spec)):
        pass
    assert refused.value.diagnostics[0].code == "outside-boundary"
    assert not (project.parent / "elsewhere").exists()
    config = parse_config(CONFIG.format("workspace: elsewhere"), project.parent / "reconcile.yaml")
    stages = Stages({"heart": _aim(config.projects[0], config.folder)}, SystemClock(), lambda event: None)
    with stages.open("heart", Revision("r", spec)):
        stages.close()


def test_a_loop_without_a_configuration_runs_its_persons_own_spec(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestrator.cli.commands.reconcile import _single
    from orchestrator.reconcile.policy import Policy

    monkeypatch.setenv("CANARY_OF_LOOP", "mine")
    (project.parent / "outside" / "mine").mkdir()
    (project / "spec.yaml").write_text("project: ${env.CANARY_OF_LOOP}-own\ninclude: [../outside/mine/*.yaml]\n")
    (project.parent / "outside" / "mine" / "a.yaml").write_text("compute: {cpu: {type: amlcompute, size: s}}\n")
    with assembled(_single(project / "spec.yaml", Policy(), LoadOptions()), silence) as loop:
        assert list(loop.once())
