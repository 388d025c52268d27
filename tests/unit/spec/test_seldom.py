"""Paths that specs seldom take: each by a text that somebody might write, from the file to the project."""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from yaml import MarkedYAMLError

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions, Project
from orchestrator.kinds import discover
from orchestrator.spec.file_hashes import RememberingHasher
from orchestrator.spec.files import SpecFiles
from orchestrator.spec.holes import Mask
from orchestrator.spec.load import load
from orchestrator.spec.problems import Problems
from orchestrator.spec.snapshot import SnapshotProblem, take
from orchestrator.spec.syntax import report_syntax
from tests.unit.spec.building import project
from tests.unit.spec.composing import told, write

HEAD = "project: demo\n"
ENDPOINT = "online_endpoints:\n  end:\n    auth_mode: key\n"


def loaded(folder: Path, files: Mapping[str, str | bytes], **options: object) -> Project:
    return load([write(folder, files)], LoadOptions(**options), discover())  # type: ignore[arg-type]


def problems(folder: Path, files: Mapping[str, str | bytes], **options: object) -> list[str]:
    """Code and place of each problem of a spec; the empty list if it has none."""
    try:
        loaded(folder, files, **options)
    except SpecError as error:
        return told(error.diagnostics)
    return []


SPECS: list[tuple[str, dict[str, str | bytes], list[str]]] = [
    ("deployments are not a mapping", {"s.yaml": HEAD + ENDPOINT + "    deployments: 3\n"}, ["wrong-type s.yaml:5:18"]),
    (
        "a value that failed is not complained of where it is mentioned",
        {"s.yaml": HEAD + "data: {a: {path: https://e.org, description: '${var.nope}'}, "
         "b: {path: https://e.org, description: '${data.a.description}'}}\n"},
        ["undefined-variable s.yaml:2:47"],
    ),
    (
        "targets that failed",
        {"s.yaml": HEAD + "data: {a: {path: https://e.org, lifecycle: {targets: '${var.nope}'}}}\n"},
        ["undefined-variable s.yaml:2:55"],
    ),
    (
        "a circle whose members mention others too",
        {"s.yaml": HEAD + "data: {d: {path: https://e.org}}\njobs:\n"
         "  a: {command: x, environment: {image: i}, outputs: {o: }, inputs: {d: {path: azureml:d@latest}, "
         "b: {path: azureml://jobs/b/outputs/o}}}\n"
         "  b: {command: x, environment: {image: i}, outputs: {o: }, inputs: {a: {path: azureml://jobs/a/outputs/o}}}\n"},
        ["reference-cycle s.yaml:4:108"],
    ),
    (
        "a circle of values among other values",
        {"s.yaml": HEAD + "data:\n  c: {path: https://e.org}\n"
         "  a: {path: '${data.c.path}', description: '${data.c.path} ${data.b.description}'}\n"
         "  b: {path: '${data.c.path}', description: '${data.c.path} ${data.a.description}'}\n"},
        ["reference-cycle s.yaml:4:60"],
    ),
    ("nothing said of variables and computes", {"s.yaml": HEAD + "variables:\ncompute:\n"}, []),
    ("an empty document among others", {"s.yaml": HEAD + "---\n---\ncompute: {}\n"}, []),
    (
        "a description in two files",
        {"s.yaml": HEAD + "description: one\ninclude: [more.yaml]\n", "more.yaml": "description: two\ncompute: {}\n"},
        [],
    ),
    (
        "a lifecycle that is wrong is told once, not again for each part",
        {"s.yaml": HEAD + ENDPOINT + "    lifecycle: {protect: maybe}\n    deployments: {blue: {instance_type: D2}}\n"},
        ["wrong-type s.yaml:5:26"],
    ),
    ("a key that is a number behind an anchor", {"s.yaml": HEAD + "data: {a: {path: https://e.org, tags: {&k 3: x}}}\n"}, []),
    (
        "the same mistake twice in a block of text",
        {"s.yaml": HEAD + "data:\n  a:\n    path: https://e.org\n    description: |\n      ${var.nope}\n      ${var.nope}\n"},
        ["undefined-variable s.yaml:6:7", "undefined-variable s.yaml:7:7"],
    ),
    (
        "the same mistake twice in a line of a block",
        {"s.yaml": HEAD + "data:\n  a:\n    path: https://e.org\n    description: |\n      ${var.nope} ${var.nope}\n"},
        ["undefined-variable s.yaml:6:7", "undefined-variable s.yaml:6:19"],
    ),
    ("a workspace that is not a mapping", {"s.yaml": HEAD + "workspace: {local: 3}\n"}, ["invalid-setting s.yaml:2:20"]),
    (
        "a stand-in that is no path",
        {"s.yaml": HEAD + "workspace: {local: {stand_ins: {'azureml:a:1': 3, 'azureml:b:1': b}}}\n"},
        ["invalid-setting s.yaml:2:48"],
    ),
    (
        "a hole that nothing fills",
        {"s.yaml": HEAD + "include: [job.yml]\n",
         "job.yml": "$schema: https://x/commandJob.schema.json\nname: j\ncommand: echo\ncompute: a{{what}}\nenvironment: {image: i}\n"},
        ["hole-open job.yml:4:11"],
    ),
    (
        "braces of others in a spec are text",
        {"s.yaml": HEAD + "data: {a: {path: https://e.org, description: 'x {{ y }}'}}\n"},
        [],
    ),
    (
        "an expression that is escaped in the file",
        {"s.yaml": HEAD + 'data: {a: {path: https://e.org, description: "\\x24{var.nope} x"}}\n'},
        ["undefined-variable s.yaml:2:46"],
    ),
    ("nothing to include", {"s.yaml": HEAD + "include:\ncompute: {}\n"}, []),
    (
        "a hole where YAML takes none",
        {"s.yaml": HEAD + "variables: {x: {default: y}}\ninclude: [job.yml]\n",
         "job.yml": "$schema: https://x/commandJob.schema.json\nname: j\ncommand: !<x> {{x}}\nenvironment: {image: i}\n"},
        ["invalid-tag job.yml:3:10", "invalid-yaml job.yml:3:11"],
    ),
    (
        "a part in a file of its own that is not a mapping",
        {"s.yaml": HEAD + ENDPOINT + "    deployments: [{file: b.yml}]\n", "b.yml": "instance_type: D2\n"},
        ["wrong-type s.yaml:5:18"],
    ),
    (
        "a name too long for a file system",
        {"s.yaml": HEAD + f"data: {{a: {{type: uri_file, path: {'x' * 300}}}}}\n"},
        ["unreadable-file s.yaml:2:34"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("why", "files", "expected"), SPECS, ids=[s[0] for s in SPECS])
def test_a_seldom_spec(why: str, files: dict[str, str | bytes], expected: list[str], tmp_path: Path) -> None:
    assert problems(tmp_path, files) == expected


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN"])
def test_a_number_that_is_none(number: str, tmp_path: Path) -> None:
    variables = write(tmp_path, {"v.json": f'{{"rate": {number}}}'})
    spec = HEAD + "variables: {rate: {type: number, required: true}}\n"
    assert problems(tmp_path, {"s.yaml": spec}, variable_files=(variables,)) == ["invalid-variable-value v.json:1:10"]


def test_a_number_that_is_none_is_never_hashed() -> None:
    with pytest.raises(SpecError, match="not a finite number"):
        project("models: {m: {path: https://e.org, flavors: {f: {rate: .inf, all: [.nan]}}}}")


def test_what_is_no_ordinary_file_is_no_data(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert problems(tmp_path, {"s.yaml": HEAD + "data: {a: {type: uri_file, path: pipe}}\n"}) == [
        "special-file s.yaml:2:34"
    ]


def test_lists_beside_a_spec_are_none_of_ours(tmp_path: Path) -> None:
    write(tmp_path, {"main.yaml": HEAD + "compute: {}\n", "names.yml": "- a\n- b\n"})
    assert load([tmp_path], LoadOptions(), discover()).resources == {}


def test_parts_of_an_endpoint_may_stand_in_files_of_their_own(tmp_path: Path) -> None:
    body = "instance_type: D2\n"
    files = {
        "s.yaml": HEAD
        + ENDPOINT
        + "    deployments: {blue: {file: b.yml}, green: {file: b.yml}, red: {instance_type: D4}}\n",
        "b.yml": body,
    }
    resources = loaded(tmp_path, files).resources
    sizes = [
        resources[Address("online_endpoints", "end", f"deployments.{n}")].properties for n in ("blue", "green", "red")
    ]
    assert [size["instance_type"] for size in sizes] == ["D2", "D2", "D4"]


def test_texts_of_nothing_are_nothing(tmp_path: Path) -> None:
    text = "variables: {e: {type: string, default: ''}}\nsecrets: {s: {env: S}}\n"
    body = "data: {a: {path: https://e.org, description: '${var.e}${var.e}'}}\n"
    spec = HEAD + text + body + (
        "jobs: {j: {command: x, environment: {image: i}, environment_variables: "
        "{A: '${var.e}${secret.s}', B: 'x${secret.s}'}}}\n"
    )  # fmt: skip
    resources = loaded(tmp_path, {"s.yaml": spec}, environ={"S": "hush"}).resources
    assert "description" not in resources[Address("data", "a")].properties
    variables = resources[Address("jobs", "j")].properties["environment_variables"]
    assert [str(value) for value in variables.values()] == ["(secret s)", "x(secret s)"]


SECRETS = [
    ("no text", b"\xff\xfe\xff", "is not UTF-8 text"),
    ("a folder", None, "cannot be read"),
]


@pytest.mark.parametrize(("why", "content", "part"), SECRETS, ids=[s[0] for s in SECRETS])
def test_a_secret_s_file_that_cannot_be_read(why: str, content: bytes | None, part: str, tmp_path: Path) -> None:
    place = tmp_path / "key"
    place.mkdir() if content is None else place.write_bytes(content)
    text = (
        HEAD
        + "secrets: {s: {file: key}}\njobs: {j: {command: x, environment: {image: i}, environment_variables: {A: '${secret.s}'}}}\n"
    )
    with pytest.raises(SpecError, match=part):
        loaded(tmp_path, {"s.yaml": text})


GITS = [
    ("a git that says something else", "echo 'fatal: the sky is falling' >&2; exit 128", "the sky is falling"),
    ("a git that says nothing", "exit 1", "git gave no reason"),
    ("a git that does not answer", "exec sleep 60", "did not answer within"),
]


@pytest.mark.parametrize(("why", "script", "part"), GITS, ids=[g[0] for g in GITS])
def test_git_that_does_not_help(
    why: str, script: str, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = write(tmp_path / "bin", {"git": f"#!/bin/sh\n{script}\n"})
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("orchestrator.spec.git._TIMEOUT_S", 0.3 if "sleep" in script else 20)
    with pytest.raises(SpecError, match=part):
        loaded(tmp_path, {"s.yaml": HEAD + "data: {a: {path: https://e.org, description: '${git.commit}'}}\n"})


def test_digests_that_cannot_be_kept_are_no_failure(tmp_path: Path) -> None:
    data = write(tmp_path, {"a.csv": "1"})
    os.utime(data, (1, 1))
    store = tmp_path / "store"
    store.mkdir()
    hasher = RememberingHasher(store)
    assert hasher.digest(str(data), data.stat())
    hasher.save()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "store"], "no draft is left"


def test_a_file_that_is_gone_has_no_text_for_messages(tmp_path: Path) -> None:
    files = SpecFiles(Problems())
    path = write(tmp_path, {"s.yaml": HEAD})
    name, text = files.text(path, None)
    assert text == HEAD
    assert files.reread(name) == HEAD
    path.unlink()
    assert files.reread(name) == ""
    assert files.reread("unheard of") == ""


def test_more_kinds_of_holes_than_there_are_characters_for() -> None:
    private = "".join(chr(code) for code in range(0xE000, 0xF900))
    mask = Mask(private + "{{hole}}")
    assert mask.text == private + "{{hole}}"
    assert mask.names == frozenset()


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(SnapshotProblem) as caught:
        take(tmp_path / ("x" * 300), RememberingHasher(tmp_path / "store"))
    assert caught.value.code == "unreadable-file"


def test_a_parser_that_does_not_say_where() -> None:
    found = Problems()
    report_syntax(MarkedYAMLError(problem="something odd"), "a: b", "s.yaml", found)
    (diagnostic,) = found.diagnostics
    assert told((diagnostic,)) == ["invalid-yaml s.yaml:1:1"]
    assert "something odd" in diagnostic.detail


def test_schemas_can_be_checked_as_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(__file__).parents[3] / "schemas"
    monkeypatch.setattr(sys, "argv", ["schema", "--check", "--folder", str(folder)])
    monkeypatch.delitem(sys.modules, "orchestrator.spec.schema", raising=False)
    try:
        with pytest.raises(SystemExit) as stop:
            runpy.run_module("orchestrator.spec.schema", run_name="__main__")
        assert stop.value.code == 0
    finally:
        importlib.import_module("orchestrator.spec.schema")


OVERLAID = """project: demo
targets:
  a: {default: true}
  b: {SLIP}
jobs:
  train: {type: command, command: "true", environment: {image: host}}
data:
  rows: {type: uri_file, path: https://e.org/rows.csv}
online_endpoints:
  end: {auth_mode: key, deployments: {blue: {model: "azureml:m@latest", instance_type: D2}}}
"""


@pytest.mark.parametrize(
    ("slip", "address", "near", "why"),
    [
        ("jobs: {trian: {display_name: x}}", "jobs.trian", "train", "a name is misspelt"),
        ("jobs: {zzz: {display_name: x}}", "jobs.zzz", "", "no name is near"),
        ("jobs: {trian: {command: 'false'}}", "jobs.trian", "train", "its type can be told"),
        ("data: {row: {description: x}}", "data.row", "rows", "another section"),
        (
            "online_endpoints: {end: {deployments: {bleu: {instance_count: 2}}}}",
            "online_endpoints.end.deployments.bleu",
            "blue",
            "a deployment",
        ),
        ("models: {net: {description: x}}", "models.net", "", "the spec has nothing in that section"),
    ],
)
def test_what_only_a_target_has_is_told_to_be_so(tmp_path: Path, slip: str, address: str, near: str, why: str) -> None:
    with pytest.raises(SpecError) as error:
        loaded(tmp_path, {"s.yaml": OVERLAID.replace("SLIP", slip)}, target="b")
    found = next(problem for problem in error.value.diagnostics if str(problem.address) == address)
    assert found.detail.startswith(f"{address} exists in the target 'b' only"), why
    assert ("Did you mean" in found.fix) == bool(near)
    assert near in found.fix


def test_a_target_may_add_what_is_complete(tmp_path: Path) -> None:
    slip = "jobs: {more: {command: 'true', environment: {image: host}}}"
    assert Address("jobs", "more") in loaded(tmp_path, {"s.yaml": OVERLAID.replace("SLIP", slip)}, target="b").resources
