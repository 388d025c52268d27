"""``--log-format json`` makes stderr JSON lines for every command, whatever happens; colours obey in every command."""

from __future__ import annotations

import json

import click
import pytest

from orchestrator.cli.main import cli
from orchestrator.cli.overview import COMMANDS
from tests.unit.cli.calling import Shell

ARGUMENTS = {
    "plan": ("plan", "-o", "saved.json"), "apply": ("apply", "-y"), "destroy": ("destroy", "-y"), "explain": ("explain", "data.rows"),
    "logs": ("logs", "jobs.x"), "invoke": ("invoke", "online_endpoints.x", "--data", "{}"), "state rebuild": ("state", "rebuild", "-y"),
    "reconcile": ("reconcile", "--once"), "init": ("init", "new"), "workspace env": ("workspace", "env", "--arm"),
    "completion": ("completion", "bash"), "workspace reset": ("workspace", "reset", "-y"),
}  # fmt: skip
LONG_RUNNING = {"ui", "workspace serve", "workspace up"}


def leaves() -> list[str]:
    found = []
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        nested = command.list_commands(context) if isinstance(command, click.Group) else []
        found += [f"{name} {child}" for child in nested] or [name]
    return [name for name in found if name not in LONG_RUNNING]


def takes(name: str, option: str) -> bool:
    command: click.Command | None = cli
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return any(option in parameter.opts for parameter in command.params)


WRONG = "project: demo\ntags: {a: b}\ndata: {rows: {type: nothing, path: missing.csv}}\nelse: 1\n"


@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
@pytest.mark.parametrize("spec", ["sound", "wrong", "missing"])
@pytest.mark.parametrize("name", leaves())
def test_stderr_is_json_lines(demo: Shell, name: str, spec: str, *, first: bool) -> None:
    if not first and not takes(name, "--log-format"):
        pytest.skip("takes it before the command only")
    if spec == "wrong":
        demo.write("spec.yaml", WRONG)
    elif spec == "missing":
        (demo.folder / "spec.yaml").unlink()
    line = ARGUMENTS.get(name, tuple(name.split()))
    option = ("--log-format", "json")
    answer = demo(*option, *line, code=None) if first else demo(*line, *option, code=None)
    assert answer.code != 130
    for each in answer.err.splitlines():
        assert {"timestamp", "level", "event"} <= json.loads(each).keys()
    if answer.code == 1 and name != "reconcile":
        assert answer.err, name


@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
@pytest.mark.parametrize("name", leaves())
def test_no_color_is_obeyed(demo: Shell, name: str, monkeypatch: pytest.MonkeyPatch, *, first: bool) -> None:
    if not first and not takes(name, "--no-color"):
        pytest.skip("takes it before the command only")
    monkeypatch.setenv("FORCE_COLOR", "1")
    demo.write("spec.yaml", WRONG)
    line = ARGUMENTS.get(name, tuple(name.split()))
    plain = demo("--no-color", *line, code=None) if first else demo(*line, "--no-color", code=None)
    assert "\x1b[" not in plain.out + plain.err
    if name in {"plan", "validate", "status"}:
        assert "\x1b[" in demo(*line, code=1).err
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b[" not in demo(*line, code=1).err
