"""What a shell gets when it asks how a command line may go on."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click
import pytest

from orchestrator.__main__ import main
from orchestrator.cli import completing

ASKED = [
    ("amlctl pl", 1, ["plan"], "a command"),
    ("amlctl plan --de", 2, ["--detailed-exitcode", "--destroy"], "options of a command"),
    ("amlctl workspace re", 2, ["reset"], "a command of a group"),
    ("amlctl plan --format m", 3, ["markdown"], "a choice"),
    ("amlctl completion ", 2, ["bash", "zsh", "fish"], "an argument"),
    ("amlctl xyz", 1, [], "nothing fits"),
]


@pytest.mark.parametrize(("words", "number", "expected", "why"), ASKED, ids=[a[3] for a in ASKED])
def test_a_shell_is_told_how_to_go_on(
    words: str,
    number: int,
    expected: list[str],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["amlctl"])
    for name, value in {"_AMLCTL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[2] for line in told if line] == expected, why


SPEC = """\
project: shells
targets: {dev: {default: true}, prod: {}}
variables: {size: {type: string, default: s}}
compute: {cpu: {type: amlcompute}, "gpu-${var.size}": {type: amlcompute}}
online_endpoints: {rates: {deployments: {blue: {}}, traffic: {blue: 100}}, broken: [}
"""
OFFERED = {
    "addresses": ("", ["compute.cpu", "online_endpoints.rates", "online_endpoints.rates.deployments.blue",
                       "online_endpoints.rates.traffic"]),
    "targets": ("p", ["prod"]),
    "variables": ("", ["size="]),
}  # fmt: skip


def test_addresses_targets_and_variables_of_the_spec_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    context = click.Context(click.Command("explain"))
    assert all(getattr(completing, what)(context, "x") for what in ("addresses",)), "files, where there is no spec"
    assert completing.targets(context, "") == []
    (tmp_path / "spec.yaml").write_text(SPEC.replace(", broken: [}", "}"))
    for what, (typed, expected) in OFFERED.items():
        assert [item.value for item in getattr(completing, what)(context, typed)] == expected, what
    (tmp_path / "spec.yaml").write_text(SPEC)
    assert completing.targets(context, "") == [], "it cannot be read"


def test_commands_with_a_spec_offer_its_names() -> None:
    explain = import_module("orchestrator.cli.commands.explain").command
    offered = {parameter.name for parameter in explain.params if parameter._custom_shell_complete is not None}
    assert offered >= {"place", "target", "var"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_what_the_shell_asks_for(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["amlctl", "completion", shell])
    with pytest.raises(SystemExit):
        main()
    script = capsys.readouterr().out
    assert f"_AMLCTL_COMPLETE={shell}_complete" in script
