"""Every command: what it takes, what it says, how it ends."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from orchestrator import __version__
from orchestrator.cli.overview import COMMANDS
from tests.unit.cli.calling import SPEC, Shell


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps(amlctl: Shell, command: str) -> None:
    answer = amlctl(command, "--help")
    assert answer.out.startswith(f"Usage: amlctl {command}")


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_without_a_command_there_is_an_overview(amlctl: Shell, arguments: tuple[str, ...]) -> None:
    answer = amlctl(*arguments)
    assert all(f"  {command} " in answer.out for command in COMMANDS)
    assert "Exit codes" in answer.out


def test_versions(amlctl: Shell) -> None:
    assert amlctl("--version").out.startswith(f"amlctl {__version__} (Python 3.")
    assert amlctl("version").out == amlctl("--version").out
    assert amlctl("version", "--format", "json").data["version"] == __version__


MISTYPED = [
    (("aply",), "Did you mean 'apply'?", "a slip"),
    (("frobnicate",), "amlctl --help", "nothing near"),
    (("plan", "--prun"), "--prune", "an option"),
    (("plan", "--format", "yaml"), "'yaml'", "a form"),
    (("plan",), "this folder has no spec.yaml", "no spec at all"),
    (("plan", "nowhere.yaml"), "nowhere.yaml", "no such spec"),
    (("plan", "--var", "x"), "NAME=VALUE", "a variable without a value"),
    (("plan", "--var", "=x"), "NAME=VALUE", "a variable without a name"),
    (("apply", "--parallelism", "0"), "--parallelism", "no step at once"),
    (("apply", "--lock-wait", "-1"), "--lock-wait", "before now"),
    (("logs",), "ADDRESS", "which log"),
    (("explain", "a", "b", "c"), "got 3 arguments", "too many words"),
    (("invoke", "spec.yaml", "online_endpoints.e"), "--request-file or --data", "no request"),
    (("schema", "job"), "Did you mean 'jobs'?", "a kind"),
    (("completion", "tcsh"), "'tcsh'", "a shell"),
    (("workspace", "start"), "start", "a subcommand"),
    (("status", "--interval", "0"), "--interval", "without a pause"),
]


@pytest.mark.parametrize(("arguments", "part", "why"), MISTYPED, ids=[m[2] for m in MISTYPED])
def test_a_wrong_command_line_is_told(amlctl: Shell, arguments: tuple[str, ...], part: str, why: str) -> None:
    if "spec.yaml" in arguments or "--var" in arguments:
        amlctl.write("spec.yaml", SPEC)
    answer = amlctl(*arguments, code=1)
    assert part in answer.err, why
    assert answer.out == "", "stdout is for results"


def test_validate(demo: Shell) -> None:
    assert demo("validate").out == "Valid: demo, 3 resources.\n"
    assert demo("validate", "spec.yaml", "--files").code == 0
    (demo.folder / "rows.csv").unlink()
    assert demo("validate", "--no-files").code == 0, "files are not looked at"
    assert "missing-file" in demo("validate", "--files", code=1).err
    demo.write(
        "bad.yaml", (demo.folder / "spec.yaml").read_text() + "environments: {e: {conda_file: gone.yml, imgae: x}}\n"
    )
    told = demo("validate", "bad.yaml", code=1).err
    assert "rows.csv" in told and "gone.yml" in told and "imgae" in told, "one run shows every problem"
    demo.write("spec.yaml", "project: demo\ncompute: {cpu: {type: amlcompute}}\n")
    assert "1 resource." in demo("validate").out


def test_plan_and_its_exit_codes(demo: Shell) -> None:
    answer = demo("plan")
    assert "3 to create" in answer.out
    assert not (demo.folder / ".amlctl").exists(), "planning writes nothing"
    demo("plan", "--detailed-exitcode", code=2)
    demo("apply", "--yes")
    answer = demo("plan", "--detailed-exitcode")
    assert "0 to create, 0 to update" in answer.out
    assert "unchanged" in answer.out
    assert "max_instances" not in answer.out
    assert "| " in demo("plan", "--destroy", "--format", "markdown").out
    assert "3 to delete" in demo("plan", "--destroy").out


def test_plan_of_a_selection(demo: Shell) -> None:
    changes = demo("plan", "-s", "data.*", "--format", "json").data["changes"]
    assert [change["address"] for change in changes] == ["data.rows"]
    assert "Did you mean" in demo("plan", "-s", "data.rowz", code=1).err


def test_colours_are_for_terminals_or_nobody(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in demo("plan").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert "\x1b[" not in demo("plan", "--no-color").out


def test_apply_without_a_terminal_needs_yes(demo: Shell) -> None:
    answer = demo("apply", code=1)
    assert "Use --yes" in answer.err
    assert not (demo.folder / ".amlctl").exists()


def test_apply_at_a_terminal_asks(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("orchestrator.cli.question.confirmed", lambda question: False)
    answer = demo("apply", code=1)
    assert "Nothing was changed." in answer.err
    assert "3 to create" in answer.err
    monkeypatch.setattr("orchestrator.cli.question.confirmed", lambda question: True)
    assert "3 created" in demo("apply").out


def test_apply_tells_what_it_does(demo: Shell) -> None:
    answer = demo("apply", "-y")
    assert "Apply complete: 3 created" in answer.out
    assert "data.rows" in answer.err
    assert "0 to create" in demo("apply", "-y").out
    demo.write("rows.csv", "x\n2\n")
    answer = demo("apply", "-y", "-q")
    assert answer.err == ""
    assert "1 revised" in answer.out


def test_progress_as_json_lines(demo: Shell) -> None:
    lines = [json.loads(line) for line in demo("apply", "-y", "-q", "--log-format", "json").err.splitlines() if line]
    assert all(isinstance(line, dict) for line in lines)
    demo("destroy", "-y")
    lines = demo("apply", "-y", "--log-format", "json").err.splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert {"data.rows", "compute.cpu"} <= {line.get("address") for line in told}


def test_what_left_the_spec(demo: Shell) -> None:
    demo("apply", "-y")
    demo.write("spec.yaml", SPEC.partition("environments:")[0])
    assert "orphaned" in demo("plan").out
    assert "1 orphaned" in demo("apply", "-y").out
    assert "Apply complete: 1 deleted" in demo("apply", "-y", "--prune").out
    assert "orphaned" not in demo("plan").out


def test_destroy(demo: Shell) -> None:
    demo("apply", "-y")
    assert "Use --yes" in demo("destroy", code=1).err
    assert "Destroy complete: 3 deleted" in demo("destroy", "-y").out
    assert demo("destroy", "-y").code == 0
    assert demo("status", "--format", "json").data["resources"][0]["health"] == "missing"


def test_protection(demo: Shell) -> None:
    demo.write("spec.yaml", SPEC.replace("max_instances: 2", "max_instances: 2, lifecycle: {protect: true}"))
    demo("apply", "-y")
    answer = demo("destroy", "-y", code=1)
    assert "protected" in answer.err
    assert demo("plan", "--detailed-exitcode").code == 0


def test_explain(demo: Shell) -> None:
    assert "data.rows" in demo("explain", "data.rows").out
    demo("apply", "-y")
    demo.write("rows.csv", "x\n2\n")
    assert "rows.csv" in demo("explain", "spec.yaml", "data.rows").out
    assert demo("explain", "data.rows", "--format", "json").data["action"] == "revise"
    assert "Did you mean 'data.rows'?" in demo("explain", "data.row", code=1).err


def test_graph(demo: Shell) -> None:
    assert demo("graph").out.startswith(("graph", "flowchart"))
    assert demo("graph", "--format", "dot").out.startswith("digraph")
    assert demo("graph", "--format", "svg").out.startswith("<svg")
    drawing = json.dumps(demo("graph", "--plan", "--format", "json").data)
    assert "create" in drawing
    assert not (demo.folder / ".amlctl").exists()


def test_status(demo: Shell) -> None:
    assert "missing" in demo("status").out
    demo("apply", "-y")
    assert "healthy" in demo("status").out
    assert "amlctl" not in demo("status").out.replace("amlctl apply", "")


def test_logs_and_requests_of_what_is_not_there(demo: Shell) -> None:
    assert "no jobs or online_endpoints.deployments called 'data.rows'" in demo("logs", "data.rows", code=1).err
    assert "online_endpoints" in demo("invoke", "online_endpoints.e", "--data", "{}", code=1).err
    text = SPEC + "jobs: {j: {command: 'true', environment: azureml:py@latest}}\n"
    demo.write("spec.yaml", text)
    assert "Project 'demo' has not run jobs.j" in demo("logs", "jobs.j", code=1).err


def test_schemas(amlctl: Shell) -> None:
    assert amlctl("schema").data["$schema"].startswith("https://json-schema.org")
    assert "properties" in json.dumps(amlctl("schema", "online_endpoints.deployments").data)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(amlctl: Shell, shell: str) -> None:
    assert "_AMLCTL_COMPLETE" in amlctl("completion", shell).out


def test_workspace_without_processes(demo: Shell) -> None:
    assert "no workspace yet" in demo("workspace", "status").out
    assert "The supervisor was not running." in demo("workspace", "down").out
    assert "Nothing to delete" in demo("workspace", "reset", "-y").out
    demo("apply", "-y")
    assert demo("workspace", "status", "--format", "json").data["records"] == {
        "compute": 1,
        "data": 1,
        "environments": 1,
    }
    assert "Use --yes" in demo("workspace", "reset", code=1).err
    assert demo("workspace", "reset", "-y", "--format", "json").data["deleted"] is True
    assert not (demo.folder / ".amlctl").exists()
    assert "no workspace yet" in demo("workspace", "status", "--path", "elsewhere").out


def test_workspace_gc(demo: Shell) -> None:
    assert "Nothing to remove" in demo("workspace", "gc").out
    assert not (demo.folder / ".amlctl").exists()
    demo("apply", "-y")
    stale = demo.folder / ".amlctl" / "jobs" / "stale"
    stale.mkdir(parents=True)
    (stale / "log").write_text("x" * 5000)
    assert "Nothing to remove" in demo("workspace", "gc").out, "it was used a moment ago"
    for path in (stale / "log", stale):
        os.utime(path, (1, 1))
    told = demo("workspace", "gc", "--dry-run")
    assert "Would free" in told.out
    assert stale.exists()
    answer = demo("workspace", "gc", "--grace", "60", "--format", "json").data
    assert answer["parts"]["runs"]["count"] == 1
    assert answer["bytes"] >= 5000
    assert answer["dry_run"] is False
    assert not stale.exists()
    assert demo("plan", "--format", "json").data["changes"][0]["action"] == "noop"
    assert "range" in demo("workspace", "gc", "--grace", "0", code=1).err


def test_a_folder_of_somebody_else_is_never_tidied(demo: Shell) -> None:
    demo.write("mine/workspace.db", "")
    demo.write("mine/jobs/letter.txt", "dear")
    answer = demo("workspace", "gc", "--path", "mine", code=1)
    assert "not an embedded workspace" in answer.err
    assert (demo.folder / "mine" / "jobs" / "letter.txt").exists()


@pytest.mark.parametrize("flags", [("--var", "place=mine"), ("--var-file", "vars.yaml")])
def test_the_workspace_of_a_spec_whose_variables_say_where_it_is(demo: Shell, flags: tuple[str, str]) -> None:
    demo.write("spec.yaml", SPEC + "variables: {place: {}}\nworkspace: {local: {path: '${var.place}'}}\n")
    demo.write("vars.yaml", "place: mine\n")
    demo("apply", "-y", *flags)
    assert demo("workspace", "status", *flags, "--format", "json").data["records"]["data"] == 1
    assert demo("workspace", "reset", "-y", *flags, "--format", "json").data["path"] == str(demo.folder / "mine")


def test_git_is_told_to_leave_the_workspace_alone(demo: Shell) -> None:
    demo("apply", "-y")
    assert (demo.folder / ".amlctl" / ".gitignore").read_text() == "*\n"


def test_a_folder_of_somebody_else_is_never_reset(demo: Shell) -> None:
    demo.write("mine/letter.txt", "dear")
    answer = demo("workspace", "reset", "--path", "mine", "-y", code=1)
    assert "not an embedded workspace" in answer.err
    assert (demo.folder / "mine" / "letter.txt").exists()


TARGETS = """project: demo
variables: {size: {type: string, required: true}}
targets:
  small: {default: true, variables: {size: Standard_DS2_v2}}
  large: {}
compute:
  cpu: {type: amlcompute, size: "${var.size}"}
"""


def test_targets_and_variables(amlctl: Shell) -> None:
    amlctl.write("spec.yaml", TARGETS)
    assert "target small" in amlctl("validate").out
    assert "missing-variable" in amlctl("validate", "-t", "large", code=1).err
    assert "target large" in amlctl("validate", "-t", "large", "--var", "size=Standard_DS4_v2").out
    file = amlctl.write("v.yaml", "size: Standard_DS5_v2\n")
    assert "Standard_DS5_v2" in amlctl("plan", "-v", "--target", "large", "--var-file", str(file)).out
    assert "Did you mean 'large'?" in amlctl("validate", "-t", "larg", code=1).err


def test_init_and_its_first_plan(amlctl: Shell) -> None:
    answer = amlctl("init", "first", "--name", "first")
    assert "amlctl plan" in answer.out
    assert "to create" in amlctl("plan", str(Path("first") / "spec.yaml")).out
    assert "already exist" in amlctl("init", "first", code=1).err
    assert amlctl("init", "second", "--format", "json").data["files"]


def test_import_of_cli_v2_files(amlctl: Shell) -> None:
    amlctl.write(
        "az/data.yml",
        "$schema: https://azuremlschemas.azureedge.net/latest/data.schema.json\nname: d\npath: https://e.org\n",
    )
    amlctl.write(
        "az/job.yml",
        "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
        "name: j\ndisplay_name: '{{greeting}}'\ncommand: echo {{greeting}} {{question}}\nenvironment: azureml:AzureML-base:1\n",
    )
    amlctl.write(
        "az/package.yml", "$schema: https://azuremlschemas.azureedge.net/latest/modelPackage.schema.json\nname: r\n"
    )
    amlctl.write("az/other.yml", "a: b\n")
    amlctl.write("az/conda.yml", "name: c\nchannels: [conda-forge]\ndependencies: [python=3.11]\n")
    amlctl.write("az/tune.yml", "$schema: https://x/commandJob.schema.json\ntype: base\n")
    amlctl.write("az/workflow.yml", "name: CI\non: push\njobs: {a: {steps: []}}\n")
    amlctl.write("az/broken.yml", "$schema: https://x/data.schema.json\nname: {\n")
    amlctl.write("az/a # file.YAML", "name: f\ntype: uri_file\npath: https://e.org/f\n")
    amlctl.write("az/.github/spec.yaml", "name: g\ntype: uri_file\npath: https://e.org/g\n")
    answer = amlctl("init", "new", "--from", "az", "--name", "imported")
    assert "package.yml: its kind is not supported" in answer.err
    assert "tune.yml: jobs of type 'base' are not supported" in answer.err
    assert "broken.yml: it cannot be read" in answer.err
    assert "file.YAML: data asset" in answer.err, "told by its shape"
    text = (amlctl.folder / "new" / "spec.yaml").read_text()
    assert "# left out: ../az/tune.yml" in text
    assert not re.search(r"conda|workflow|other|github", text)
    assert "../az/data.yml" in text
    assert "greeting: {type: string, required: true}" in text
    assert "question" not in text, "the command's own text, as the loader reads it"
    assert "3 resources" in amlctl("validate", "new/spec.yaml", "--var", "greeting=hello").out
    amlctl.write("empty/tune.yml", "$schema: https://x/commandJob.schema.json\ntype: base\n")
    nothing = amlctl("init", "third", "--from", "empty", code=1).err
    assert "No supported CLI v2 YAML file" in nothing
    assert "tune.yml: jobs of type 'base'" in nothing
