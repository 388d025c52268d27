"""From files to one target of one spec."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.diagnostic import Severity
from orchestrator.core.project import LoadOptions
from orchestrator.core.span import Span
from orchestrator.core.tree import span_at
from orchestrator.core.value import Reference, Unknown
from orchestrator.kinds import discover
from orchestrator.spec import problems
from orchestrator.spec.compose import compose
from orchestrator.spec.files import SpecFiles
from orchestrator.spec.text import MAX_BYTES
from tests.unit.spec.composing import composed, refused, spec, told, write

REFERENCE = Path(__file__).parents[3] / "specs" / "heart-failure"
HEAD = "project: demo\n"
TARGETS = "targets: {dev: {default: true}, prod: {}}\n"


def test_the_reference_spec_composes() -> None:
    found = composed(REFERENCE / "spec.yaml", environ={})
    assert (found.project, found.target) == ("heart-failure", "dev")
    assert found.root == REFERENCE
    assert found.workspace.kind == "local"
    assert found.workspace.settings["path"] == str(REFERENCE / ".amlctl")
    assert sorted(found.sections) == ["compute", "data", "jobs", "models", "online_endpoints"]
    assert found.sections["compute"]["heart-f-cluster"]["size"] == "Standard_D2_v2"
    assert found.tags == {"team": "cardiology"}
    assert found.warnings == ()


def test_its_other_target_lays_over_and_goes_to_azure() -> None:
    found = composed(REFERENCE, target="prod", environ={"AZURE_SUBSCRIPTION_ID": "s-1"})
    assert found.sections["compute"]["heart-f-cluster"] == {
        "type": "amlcompute",
        "size": "Standard_D4_v2",
        "min_instances": 0,
        "max_instances": 8,
    }
    assert found.workspace.settings == {
        "subscription_id": "s-1",
        "resource_group": "ml-prod",
        "workspace_name": "heart",
    }


def test_what_an_overlay_brings_keeps_the_place_where_it_is_written(tmp_path: Path) -> None:
    text = (
        HEAD + "targets:\n  dev:\n    compute: {c: {max_instances: 8, tags: {a: x}}}\n"
        "compute:\n  c: {size: s, max_instances: 3, tags: {b: y}}\n"
    )
    body = spec(tmp_path, text).sections["compute"]["c"]
    assert body == {"size": "s", "max_instances": 8, "tags": {"b": "y", "a": "x"}}
    assert [span_at(body, path).line for path in (("size",), ("max_instances",), ("tags", "a"), ("tags", "b"))] == [
        6,
        4,
        4,
        6,
    ]


@pytest.mark.parametrize(
    ("base", "over", "expected", "why"),
    [
        ("{a: 1, b: 2}", "{b: 3}", {"a": 1, "b": 3}, "scalars replace"),
        ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}, "lists replace"),
        ("{a: {b: {c: 1, d: 2}}}", "{a: {b: {c: 3}}}", {"a": {"b": {"c": 3, "d": 2}}}, "mappings merge at any depth"),
        ("{a: {b: 1}}", "{a: 2}", {"a": 2}, "a scalar replaces a mapping"),
        ("{a: 1}", "{a: {b: 2}}", {"a": {"b": 2}}, "a mapping replaces a scalar"),
        ("{a: 1, b: 2}", "{a: null}", {"b": 2}, "null takes away"),
        ("{a: 1}", "{b: null}", {"a": 1}, "null takes away nothing that is not there"),
        ("", "{a: 1}", {"a": 1}, "an empty body is a body"),
        ("{a: 1}", "{}", {"a": 1}, "an empty overlay changes nothing"),
    ],
)
def test_overlays(tmp_path: Path, base: str, over: str, expected: Mapping[str, Any], why: str) -> None:
    found = spec(tmp_path, HEAD + f"targets: {{dev: {{jobs: {{j: {over}}}}}}}\njobs:\n  j: {base}\n")
    assert found.sections["jobs"]["j"] == expected, why


def test_an_overlay_may_add_a_resource_and_a_section(tmp_path: Path) -> None:
    found = spec(tmp_path, HEAD + "targets: {dev: {jobs: {k: {type: command}}, data: {d: {path: x}}}}\njobs: {j: {}}\n")
    assert list(found.sections["jobs"]) == ["j", "k"]
    assert found.sections["data"] == {"d": {"path": "x"}}


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("targets: {a: {}, b: {default: true}}", None, "b"),
        ("targets: {a: {}, b: {default: true}}", "a", "a"),
        ("targets: {a: {}}", None, "a"),
        ("targets: {a: }", None, "a"),
        ("targets: {}", None, ""),
        ("", None, ""),
    ],
)
def test_the_target_is_the_named_one_or_the_default_or_the_only_one(
    tmp_path: Path, text: str, target: str | None, expected: str
) -> None:
    assert spec(tmp_path, f"{HEAD}{text}\n", target=target).target == expected


@pytest.mark.parametrize(
    ("text", "options", "expected", "why"),
    [
        ("targets: {a: {}, b: {}}\n", {}, ["no-default-target spec.yaml:2:10"], "nothing says which"),
        (TARGETS, {"target": "pord"}, ["unknown-target spec.yaml:2:10"], "a slip"),
        ("", {"target": "dev"}, ["unknown-target -"], "there are none"),
        ("targets: {a: {default: true}, b: {default: true}}\n", {}, ["invalid-target spec.yaml:2:35"], "two defaults"),
        ("targets: {a: {default: 1}}\n", {}, ["invalid-target spec.yaml:2:24"], "not a boolean"),
        ("targets: {a: 5}\n", {}, ["invalid-target spec.yaml:2:14"], "not a mapping"),
        ("targets: {a: {jbos: {}}}\n", {}, ["unknown-key spec.yaml:2:15"], "a section with a slip"),
        ("targets: {a: {jobs: []}}\n", {}, ["invalid-target spec.yaml:2:21"], "sections are mappings"),
        ("targets: {a: {monitors: {}}}\n", {}, ["unsupported-section spec.yaml:2:15"], "a section of later versions"),
        ("targets: []\n", {}, ["invalid-setting spec.yaml:2:10"], "not a mapping"),
        ("jbos: {}\n", {}, ["unknown-section spec.yaml:2:1"], "a section with a slip"),
        ("descripton: x\n", {}, ["unknown-key spec.yaml:2:1"], "a setting with a slip"),
        ("monitors: {}\n", {}, ["unsupported-section spec.yaml:2:1"], "a section of later versions"),
        ("jobs: []\n", {}, ["invalid-section spec.yaml:2:7"], "sections are mappings"),
        ("jobs: {a: 5, b: []}\n", {}, ["invalid-resource spec.yaml:2:11", "invalid-resource spec.yaml:2:17"], "bodies are mappings"),
        ("state: {}\n", {}, ["unsupported-setting spec.yaml:2:1"], "kept with the workspace"),
        ("description: [x]\n", {}, ["invalid-setting spec.yaml:2:14"], "text"),
        ("tags: [x]\n", {}, ["invalid-setting spec.yaml:2:7"], "a mapping"),
        ("include: {}\n", {}, ["invalid-setting spec.yaml:2:10"], "a list"),
        ("include: [5]\n", {}, ["invalid-setting spec.yaml:2:11"], "of paths"),
        ("include: ['${target}.yaml']\n", {}, ["misplaced-expression spec.yaml:2:11"], "expressions come later"),
        ("include: [no.yaml]\n", {}, ["file-not-found spec.yaml:2:11"], "a path must exist"),
        ("include: ['no/*.yaml']\n", {}, ["include-no-match spec.yaml:2:11"], "a pattern must match"),
        ("include: [spec.yaml]\n", {}, ["include-cycle spec.yaml:2:11"], "itself"),
        ("include: ['.']\n", {}, ["include-no-match spec.yaml:2:11"], "a folder is no file"),
        ("workspace: 5\n", {}, ["invalid-setting spec.yaml:2:12"], "a mapping"),
        ("workspace: {}\n", {}, ["missing-setting spec.yaml:2:12"], "of one kind"),
        ("workspace: {locla: {}}\n", {}, ["unknown-key spec.yaml:2:13"], "a slip"),
        ("workspace: {local: {}, azure: {}}\n", {}, ["conflicting-workspace spec.yaml:2:24"], "not two"),
        ("workspace: {local: {pth: x}}\n", {}, ["unknown-key spec.yaml:2:21"], "a slip"),
        ("workspace: {local: {path: 5}}\n", {}, ["invalid-setting spec.yaml:2:27"], "text"),
        ("workspace: {local: {stand_ins: [x]}}\n", {}, ["invalid-setting spec.yaml:2:32"], "a mapping"),
        ("workspace: {azure: {resource_group: r, workspace_name: w}}\n", {}, ["missing-setting spec.yaml:2:20"], "incomplete"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(
    tmp_path: Path, text: str, options: dict[str, Any], expected: list[str], why: str
) -> None:
    found = refused(write(tmp_path, {"spec.yaml": HEAD + text}), **options)
    assert told(found) == expected, why
    assert all(problem.fix for problem in found)


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("jbos: {}", "Did you mean 'jobs'?"),
        ("descripton: x", "Did you mean 'description'?"),
        ("targets: {a: {workspac: {}}}", "Did you mean 'workspace'?"),
        ("workspace: {local: {pth: x}}", "Did you mean 'path'?"),
    ],
)
def test_a_slip_is_answered_with_the_nearest_name(tmp_path: Path, line: str, fix: str) -> None:
    assert refused(write(tmp_path, {"spec.yaml": f"{HEAD}{line}\n"}))[0].fix == fix


@pytest.mark.parametrize("name", ["De-mo", "ab", "a" * 37, "-abc", "abc-", "a_b", "a b"])
def test_project_names_that_cannot_mark_what_they_own(tmp_path: Path, name: str) -> None:
    assert told(refused(write(tmp_path, {"spec.yaml": f"project: {name}\njobs: {{}}\n"}))) == [
        "invalid-project-name spec.yaml:1:10"
    ]


@pytest.mark.parametrize("name", ["123", "[a]", ""])
def test_a_project_s_name_that_is_no_text_is_told_once(tmp_path: Path, name: str) -> None:
    assert [
        line.split()[0] for line in told(refused(write(tmp_path, {"spec.yaml": f"project: {name}\njobs: {{}}\n"})))
    ] == ["invalid-setting"]


def test_an_empty_path_of_a_workspace_is_called_so(tmp_path: Path) -> None:
    text = "project: demo\nworkspace: {local: {path: ''}}\n"
    (problem,) = refused(write(tmp_path, {"spec.yaml": text}))
    assert (problem.detail, problem.fix) == ("'path' is empty.", "Set a path, or remove it.")


def test_a_project_must_have_a_name(tmp_path: Path) -> None:
    assert told(refused(write(tmp_path, {"spec.yaml": "jobs: {a: {type: command}}\n"}))) == [
        "missing-project spec.yaml:1:1"
    ]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = (
        "project: Bad_Name\njbos: {}\nvariables: {x: {type: strin}}\ntargets: {a: {defalt: true}}\n"
        "workspace: {local: {pth: y}}\njobs:\n  a: {command: '${var.y} ${env.NO} ${', n: '${foo.bar}'}\n"
        "  a: {}\nsecrets: {s: {evn: X}}\ninclude: [nothing.yaml]\n"
    )
    found = told(refused(write(tmp_path, {"spec.yaml": text}), environ={}))
    assert found == [
        "invalid-project-name spec.yaml:1:10",
        "unknown-section spec.yaml:2:1",
        "missing-variable spec.yaml:3:13",
        "invalid-variable spec.yaml:3:23",
        "unknown-key spec.yaml:4:15",
        "unknown-key spec.yaml:5:21",
        "undefined-variable spec.yaml:7:17",
        "undefined-environment spec.yaml:7:26",
        "invalid-expression spec.yaml:7:36",
        "unknown-expression spec.yaml:7:45",
        "duplicate-key spec.yaml:8:3",
        "invalid-secret spec.yaml:9:15",
        "file-not-found spec.yaml:10:11",
    ]


def test_what_is_sound_goes_on_after_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path, {"spec.yaml": HEAD + "jobs: {a: {command: '${var.y}', type: command}}\n"})
    found = compose([path], LoadOptions(), discover())
    assert [problem.code for problem in found.problems] == ["undefined-variable"]
    assert found.composition is not None
    body = found.composition.sections["jobs"]["a"]
    assert isinstance(body["command"], Unknown)
    assert body["type"] == "command"


# the workspace


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ".amlctl"),
        ("workspace: {local: {}}\n", ".amlctl"),
        ("workspace: {local: }\n", ".amlctl"),
        ("workspace: {local: {path: ../other}}\n", "../other"),
        ("workspace: {local: {path: '${var.p}'}}\nvariables: {p: {default: x/y}}\n", "x/y"),
        ("workspace: {local: {path: a}}\ntargets: {t: {workspace: {local: {path: b}}}}\n", "b"),
        ("workspace: {azure: {}}\ntargets: {t: {workspace: {local: {}}}}\n", ".amlctl"),
    ],
)
def test_the_embedded_workspace_is_beside_the_spec_unless_told(tmp_path: Path, text: str, path: str) -> None:
    found = spec(tmp_path / "project", HEAD + text).workspace
    assert (found.kind, found.settings["path"]) == ("local", str((tmp_path / "project" / path).resolve()))


def test_stand_ins_become_absolute(tmp_path: Path) -> None:
    text = HEAD + "workspace:\n  local: {stand_ins: {'azureml:raw:1': ./raw, 'https://x/y': /abs/y}}\n"
    assert spec(tmp_path, text).workspace.settings["stand_ins"] == {
        "azureml:raw:1": str(tmp_path / "raw"),
        "https://x/y": "/abs/y",
    }


def test_only_the_chosen_workspace_is_resolved(tmp_path: Path) -> None:
    text = HEAD + "targets:\n  dev: {default: true}\n  prod: {workspace: {azure: {subscription_id: '${env.NO}'}}}\n"
    assert spec(tmp_path, text, environ={}).workspace.kind == "local"
    assert "undefined-environment spec.yaml:4:48" in told(refused(tmp_path, target="prod", environ={}))


# files


def test_included_fragments_join_and_their_paths_are_theirs(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        {
            "spec.yaml": HEAD + "include: [parts/*.yaml, deep/**/*.yml]\njobs: {a: {type: command}}\n",
            "parts/one.yaml": "jobs:\n  b: {type: command}\nvariables: {v: {default: 1}}\ntags: {t: x}\n",
            "parts/TWO.YAML": "data: {d: {path: ./x, type: uri_file}}\n",
            "parts/.hidden.yaml": "jobs: {hidden: {}}\n",
            "deep/er/three.yml": "include: ../../last.json\n",
            "last.json": '{"models": {"m": {"path": "p"}}}',
        },
    )
    found = composed(main)
    assert {section: list(tree) for section, tree in found.sections.items()} == {
        "data": ["d"],
        "models": ["m"],
        "jobs": ["a", "b"],
    }
    assert found.tags == {"t": "x"}
    file = found.sections["data"]["d"].value_span("path").file
    assert found.sources[file] == tmp_path / "parts" / "TWO.YAML"
    assert [path.name for path in found.files] == ["spec.yaml", "TWO.YAML", "one.yaml", "three.yml", "last.json"]


def test_names_in_messages_are_relative_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = write(tmp_path, {"p/spec.yaml": HEAD + "jbos: {}\n"})
    monkeypatch.chdir(tmp_path)
    for path in (main, Path("p/spec.yaml"), Path("p")):
        assert str(refused(path)[0].subject) == "p/spec.yaml:2:1"


def test_a_pattern_may_match_the_file_itself(tmp_path: Path) -> None:
    main = write(
        tmp_path, {"spec.yaml": HEAD + "include: ['*.yaml']\n", "b.yaml": "include: ['*.yaml']\njobs: {j: {}}\n"}
    )
    assert list(composed(main).sections["jobs"]) == ["j"]


def test_files_beside_the_specs_folder_are_called_without_detours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        tmp_path,
        {"here/spec.yaml": HEAD + "include: [../there/part.yaml]\n", "there/part.yaml": "a: {b", "far/in/x.yaml": ""},
    )
    monkeypatch.chdir(tmp_path)
    [found] = refused(Path("here/spec.yaml"))
    assert found.subject is not None
    assert found.subject.file == "there/part.yaml"
    (tmp_path / "linked").symlink_to("far/in")
    assert SpecFiles(problems.Problems()).name_of(Path("linked/../there/part.yaml")) == "linked/../there/part.yaml", (
        "the parent of a linked folder is elsewhere"
    )


def test_a_ring_of_includes_is_told(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        {"spec.yaml": HEAD + "include: [b.yaml]\n", "b.yaml": "include:\n- c.yaml\n", "c.yaml": "include: [b.yaml]\n"},
    )
    found = refused(main)
    assert told(found) == ["include-cycle c.yaml:1:11"]
    assert found[0].detail.count("b.yaml") == 2


def test_a_file_reached_twice_is_read_once(tmp_path: Path) -> None:
    files = {
        "spec.yaml": HEAD + "include: [b.yaml, c.yaml, ./b.yaml]\n",
        "b.yaml": "jobs: {j: {}}\n",
        "c.yaml": "include: [b.yaml]\n",
    }
    assert list(composed(write(tmp_path, files)).sections["jobs"]) == ["j"]


def test_what_is_defined_twice_names_both_places(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        {
            "spec.yaml": HEAD + "include: [b.yaml]\njobs: {j: {}}\nvariables: {v: {default: 1}}\ntags: {t: x}\n",
            "b.yaml": "project: other\njobs:\n  j: {}\nvariables: {v: {default: 2}}\ntags: {t: y}\n",
        },
    )
    found = refused(main)
    assert told(found) == [
        "duplicate-setting b.yaml:1:1",
        "duplicate-resource b.yaml:3:3",
        "duplicate-setting b.yaml:4:13",
        "duplicate-setting b.yaml:5:8",
    ]
    firsts = [(problem.related[0][1].line, problem.related[0][1].column) for problem in found]
    assert firsts == [(1, 1), (3, 8), (4, 13), (5, 8)]


def test_a_broken_include_does_not_hide_other_problems(tmp_path: Path) -> None:
    files = {"spec.yaml": HEAD + "include: [b.yaml]\njbos: {}\n", "b.yaml": "a: b: c\n"}
    assert told(refused(write(tmp_path, files))) == ["invalid-yaml b.yaml:1:5", "unknown-section spec.yaml:3:1"]


def test_several_paths_make_one_project(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": HEAD + "jobs: {a: {}}\n", "b.yaml": "jobs: {b: {}}\n"})
    assert list(composed(tmp_path / "a.yaml", tmp_path / "b.yaml").sections["jobs"]) == ["a", "b"]


def test_several_documents_in_one_file_make_one_project(tmp_path: Path) -> None:
    main = write(tmp_path, {"spec.yaml": HEAD + "---\njobs: {a: {}}\n---\ntype: command\nname: b\ncommand: x\n"})
    assert list(composed(main).sections["jobs"]) == ["a", "b"]


def test_a_folder_with_a_spec_is_that_spec(tmp_path: Path) -> None:
    write(tmp_path, {"spec.yml": HEAD + "jobs: {a: {}}\n", "other.yaml": "jobs: {b: {}}\n"})
    assert list(composed(tmp_path).sections["jobs"]) == ["a"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"spec.yaml": ""}, ["empty-document spec.yaml:1:1"]),
        ({"spec.yaml": "# nothing\n"}, ["empty-document spec.yaml:1:1"]),
        ({"spec.yaml": "just text\n"}, ["unknown-document spec.yaml:1:1"]),
        ({"spec.yaml": "- a\n"}, ["unknown-document spec.yaml:1:1"]),
        ({"spec.yaml": "a: [\n"}, ["invalid-yaml spec.yaml:1:4"]),
        ({"spec.yaml": b"\0\1\2"}, ["invalid-encoding spec.yaml:1:1"]),
        ({"readme.txt": "x"}, ["no-spec -"]),
    ],
)
def test_a_folder_without_a_spec(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    write(tmp_path, files)
    assert told(refused(tmp_path)) == expected


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    assert told(refused(tmp_path / "no.yaml")) == ["file-not-found -"]
    assert told(refused()) == ["no-spec -"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, {"spec.yaml": HEAD + "include: [big.yaml]\n"})
    with (tmp_path / "big.yaml").open("wb") as big:
        big.truncate(MAX_BYTES + 1)
    assert told(refused(path)) == ["too-large spec.yaml:2:11"]


@pytest.mark.parametrize("name", ["folder", "socket/x"])
def test_what_is_no_file_cannot_be_read(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, {"spec.yaml": f"{HEAD}jobs: {{j: {{file: {name}}}}}\n", "folder/x": "", "socket": ""})
    assert told(refused(path)) == ["unreadable-file spec.yaml:2:18"]


def test_an_empty_include_is_a_warning(tmp_path: Path) -> None:
    found = composed(write(tmp_path, {"spec.yaml": HEAD + "include: [e.yaml]\n", "e.yaml": "# later\n"}))
    assert [(warning.code, warning.severity) for warning in found.warnings] == [("empty-document", Severity.WARNING)]


# bodies in files of their own


def test_a_body_in_a_file_with_overrides(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        {
            "spec.yaml": HEAD
            + "variables: {k: {default: job}}\njobs:\n  t: {file: 'd/${var.k}.yml', limits: {timeout: 5}, code: ./mine}\n"
            "  u: {file: d/job.yml, inputs: {a: 2}}\n",
            "d/job.yml": "$schema: x/commandJob.schema.json\ncode: ./src\nlimits: {timeout: 1, x: 2}\ninputs: {a: 1}\n"
            "command: run ${HOME} ${{inputs.a}} ${var.k}\n",
        },
    )
    found = composed(main)
    body = found.sections["jobs"]["t"]
    assert body == {
        "$schema": "x/commandJob.schema.json",
        "code": "./mine",
        "limits": {"timeout": 5, "x": 2},
        "inputs": {"a": 1},
        "command": "run ${HOME} ${{inputs.a}} job",
    }
    assert found.sections["jobs"]["u"]["inputs"] == {"a": 2}
    assert Path(found.sections["jobs"]["u"].value_span("code").file).name == "job.yml"
    assert Path(body.value_span("code").file).name == "spec.yaml"
    assert [path.name for path in found.files] == ["spec.yaml", "job.yml"]


def test_a_deployment_in_a_file(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        {
            "spec.yaml": HEAD
            + "online_endpoints:\n  e:\n    deployments:\n      blue: {file: blue.yml, instance_count: 2}\n",
            "blue.yml": "endpoint_name: e\nname: blue\nmodel: azureml:m@latest\ninstance_count: 1\n",
        },
    )
    blue = composed(main).sections["online_endpoints"]["e"]["deployments"]["blue"]
    assert (blue["instance_count"], blue["model"]) == (2, "azureml:m@latest")


def test_a_target_may_override_what_a_file_says(tmp_path: Path) -> None:
    files = {
        "spec.yaml": HEAD + "targets: {dev: {jobs: {t: {command: over}}}}\njobs: {t: {file: j.yml, code: here}}\n",
        "j.yml": "command: file\ncode: there\nenvironment: e\n",
    }
    body = composed(write(tmp_path, files)).sections["jobs"]["t"]
    assert body == {"command": "over", "code": "here", "environment": "e"}


@pytest.mark.parametrize(
    ("body", "content", "expected", "why"),
    [
        ("{file: no.yml}", "", ["file-not-found spec.yaml:2:18"], "it must exist"),
        ("{file: 5}", "", ["invalid-setting spec.yaml:2:18"], "a path is text"),
        ("{file: j.yml}", "", ["empty-document j.yml:1:1"], "it must hold a body"),
        ("{file: j.yml}", "- x\n", ["wrong-document j.yml:1:1"], "a body is a mapping"),
        ("{file: j.yml}", "a: 1\n---\nb: 2\n", ["wrong-document j.yml:1:1"], "one body"),
        ("{file: j.yml}", "a: b: c\n", ["invalid-yaml j.yml:1:5"], "it must be YAML"),
        ("{file: j.yml}", "$schema: u/data.schema.json\n", ["wrong-document spec.yaml:2:18"], "of the section's kind"),
        ("{file: '${var.no}'}", "", ["undefined-variable spec.yaml:2:19"], "the path's expressions must resolve"),
    ],
)
def test_files_of_bodies_that_do_not_fit(
    tmp_path: Path, body: str, content: str, expected: list[str], why: str
) -> None:
    main = write(tmp_path, {"spec.yaml": f"{HEAD}jobs: {{t: {body}}}\n", "j.yml": content})
    assert told(refused(main)) == expected, why


# what exists in a target


@pytest.mark.parametrize(
    ("lifecycle", "exists", "why"),
    [
        ("{targets: [dev]}", True, "named"),
        ("{targets: [prod]}", False, "another one"),
        ("{targets: [prod, dev]}", True, "among several"),
        ("{targets: prod}", False, "a single name is a list of one"),
        ("{targets: []}", False, "in none"),
        ("{enabled: true}", True, "said"),
        ("{enabled: false}", False, "said"),
        ("{enabled: '${var.on}'}", False, "by a variable"),
        ("{targets: [dev], enabled: '${var.on}'}", False, "both must hold"),
        ("{protect: true}", True, "nothing to do with it"),
    ],
)
def test_what_exists_in_a_target(tmp_path: Path, lifecycle: str, exists: bool, why: str) -> None:
    text = (
        HEAD
        + TARGETS
        + f"variables: {{on: {{type: boolean, default: false}}}}\njobs:\n  j: {{lifecycle: {lifecycle}}}\n"
    )
    found = spec(tmp_path, text)
    assert ("j" in found.sections["jobs"]) is exists, why
    assert list(found.disabled) == ([] if exists else ["jobs.j"])


def test_what_does_not_exist_need_not_resolve(tmp_path: Path) -> None:
    text = HEAD + TARGETS + "jobs:\n  j:\n    lifecycle: {targets: [prod]}\n    command: '${env.NO} ${var.no}'\n"
    found = spec(tmp_path, text, environ={})
    assert found.sections["jobs"] == {}
    assert found.disabled == {"jobs.j": Span(next(iter(found.sources)), 5, 26, 5, 32)}


def test_a_resource_that_the_target_sets_to_null_does_not_exist(tmp_path: Path) -> None:
    found = spec(
        tmp_path, HEAD + "targets: {t: {jobs: {j: null, absent: null}}}\njobs: {j: {command: '${var.no}'}, k: {}}\n"
    )
    assert list(found.sections["jobs"]) == ["k"]
    assert found.disabled == {"jobs.j": Span(next(iter(found.sources)), 2, 25, 2, 29)}


def test_a_deployment_may_exist_in_one_target_only(tmp_path: Path) -> None:
    text = HEAD + TARGETS + (
        "online_endpoints:\n  e:\n    deployments:\n      blue: {model: m}\n      green: {model: n, lifecycle: {targets: [prod]}}\n"
    )  # fmt: skip
    found = spec(tmp_path, text)
    assert list(found.sections["online_endpoints"]["e"]["deployments"]) == ["blue"]
    assert list(found.disabled) == ["online_endpoints.e.deployments.green"]
    assert list(spec(tmp_path, text, target="prod").sections["online_endpoints"]["e"]["deployments"]) == [
        "blue",
        "green",
    ]


@pytest.mark.parametrize(
    ("lifecycle", "expected"),
    [
        ("{targets: [prd]}", ["unknown-target spec.yaml:3:34"]),
        ("{targets: 5}", ["invalid-lifecycle spec.yaml:3:33"]),
        ("{targets: [5]}", ["invalid-lifecycle spec.yaml:3:33"]),
        ("{enabled: 'yes'}", ["invalid-lifecycle spec.yaml:3:33"]),
        ("{enabled: '${var.x}'}", ["undefined-variable spec.yaml:3:34"]),
        ("{enabled: '${jobs.j.x}'}", ["invalid-lifecycle spec.yaml:3:33"]),
    ],
)
def test_lifecycles_that_make_no_sense(tmp_path: Path, lifecycle: str, expected: list[str]) -> None:
    path = write(tmp_path, {"spec.yaml": HEAD + TARGETS + f"jobs: {{j: {{lifecycle: {lifecycle}}}}}\n"})
    assert told(refused(path)) == expected


# the catalogue of problems


def test_every_code_has_a_summary_and_every_summary_a_use() -> None:
    folder = Path(problems.__file__).parent
    text = "\n".join(path.read_text() for path in folder.glob("*.py") if path.name != "problems.py")
    assert [code for code in problems.SUMMARIES if f'"{code}"' not in text] == []
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in problems.SUMMARIES)


# scale


def test_ten_thousand_resources_compose_in_a_few_seconds(tmp_path: Path) -> None:
    body = "    type: command\n    command: x ${{inputs.a}}\n    inputs: {a: 1}\n    compute: azureml:${var.c}\n"
    text = HEAD + "variables: {c: {default: cpu}}\njobs:\n" + "".join(f"  j{i}:\n{body}" for i in range(10_000))
    path = write(tmp_path, {"spec.yaml": text})
    started = time.process_time()
    found = composed(path)
    assert time.process_time() - started < 6, "measured 0.5 s; the bound allows for a slow, busy machine"
    assert found.sections["jobs"]["j9999"]["compute"] == "azureml:cpu"
    assert not isinstance(found.sections["jobs"]["j9999"]["command"], Reference)


def test_links_in_a_ring_and_endless_devices_are_told(tmp_path: Path) -> None:
    ring = tmp_path / "ring.yaml"
    ring.symlink_to(ring)
    assert told(refused(ring)) == ["unreadable-file -"]
    write(tmp_path, {"spec.yaml": "project: demo\ninclude: [ring.yaml]\n"})
    assert told(refused(tmp_path / "spec.yaml")) == ["unreadable-file spec.yaml:2:11"]
    if Path("/dev/zero").exists():
        assert told(refused(Path("/dev/zero"))) == ["unreadable-file -"]


def test_a_slip_in_lifecycle_targets_hides_no_other_mistake(tmp_path: Path) -> None:
    text = "project: demo\ncompute:\n  cpu: {type: amlcompute, lifecycle: {targets: [prd], enabled: maybe}}\n"
    path = write(tmp_path, {"spec.yaml": text})
    assert told(refused(path)) == ["unknown-target spec.yaml:3:49", "invalid-lifecycle spec.yaml:3:64"]


def test_a_hole_of_a_document_that_is_taken_twice_is_named_once(tmp_path: Path) -> None:
    files = {
        "spec.yaml": "project: demo\ninclude: [job.yml]\njobs: {b: {file: job.yml}}\n",
        "job.yml": "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\ncommand: {{MSG}}\n",
    }
    [found] = refused(write(tmp_path, files))
    assert (found.code, found.related) == ("hole-open", ())
