"""Expressions, variables and secrets: their values, their places and what is wrong with them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.span import Span
from orchestrator.core.tree import span_at
from orchestrator.core.value import Reference, Secret, Template
from orchestrator.spec.expressions import Expression, split
from tests.unit.spec.composing import composed, refused, spec, told, write

HEAD = "project: demo\n"
VARIABLES = (
    "variables:\n"
    "  text: {default: abc}\n"
    "  number: {default: 5}\n"
    "  half: {default: 0.5}\n"
    "  flag: {default: true}\n"
    "  none: {default: null}\n"
    "  zones: {default: [a, {b: c}]}\n"
    "  sizes: {default: {small: {cpu: 1}, 'large': x}}\n"
)


def value(folder: Path, written: str, top: str = VARIABLES, **options: Any) -> Any:
    """What one value of a job becomes."""
    return spec(folder, f"{HEAD}{top}jobs:\n  j:\n    v: {written}\n", **options).sections["jobs"]["j"]["v"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("plain", ["plain"]),
        ("", []),
        ("$", ["$"]),
        ("$x {y} $[[z]]", ["$x {y} $[[z]]"]),
        ("${var.x}", [Expression("var", "x", "${var.x}", 0)]),
        ("a${target}b", ["a", Expression("target", "", "${target}", 1), "b"]),
        ("${ var.x }", [Expression("var", "x", "${ var.x }", 0)]),
        ("${a.b-c.d/e@f:1}", [Expression("a", "b-c.d/e@f:1", "${a.b-c.d/e@f:1}", 0)]),
        ("$${var.x}", ["${var.x}"]),
        ("$$${var.x}", ["$${var.x}"]),
        ("${{inputs.x}}", ["${{inputs.x}}"]),
        ("--x ${{inputs.x}} $[[--y ${{inputs.y}}]]", ["--x ${{inputs.x}} $[[--y ${{inputs.y}}]]"]),
        ("${{a}}${var.b}${{c}}", ["${{a}}", Expression("var", "b", "${var.b}", 6), "${{c}}"]),
        ("${{open", ["${{open"]),
        ("a ${open", ["a ", Expression("", "", "${open", 2, closed=False)]),
        ("${}", [Expression("", "", "${}", 0)]),
        ("${a b}", [Expression("", "", "${a b}", 0)]),
        ("${x:-y}", [Expression("", "", "${x:-y}", 0)]),
        ("${1.x}", [Expression("", "", "${1.x}", 0)]),
        ("${var.}", [Expression("", "", "${var.}", 0)]),
    ],
)
def test_a_string_is_split_into_text_and_expressions(text: str, parts: list[str | Expression]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize(
    ("written", "expected", "why"),
    [
        ("'${var.text}'", "abc", "text"),
        ("${var.number}", 5, "a whole value keeps its type"),
        ("'${var.number}'", 5, "in quotes too"),
        ("${var.half}", 0.5, "a whole value keeps its type"),
        ("${var.flag}", True, "a whole value keeps its type"),
        ("${var.none}", None, "null is a value"),
        ("'${var.zones}'", ["a", {"b": "c"}], "lists too"),
        ("${var.zones.0}", "a", "a member of a list"),
        ("${var.zones.1.b}", "c", "a member of a member"),
        ("${var.sizes}", {"small": {"cpu": 1}, "large": "x"}, "objects too"),
        ("${var.sizes.small.cpu}", 1, "a member of an object"),
        (
            "x-${var.text}-${var.number}-${var.half}-${var.flag}",
            "x-abc-5-0.5-true",
            "texts of values in a longer string",
        ),
        ("[1, 'a${var.text}', {b: '${var.number}'}]", [1, "aabc", {"b": 5}], "at any depth"),
        ("$${var.text}", "${var.text}", "text is literal"),
        ("echo $${HOME} ${var.text}", "echo ${HOME} abc", "a shell's variable"),
        ("${{inputs.text}} $[[x]]", "${{inputs.text}} $[[x]]", "Azure ML's own"),
        ("${target}/${project}/${env.USER_NAME}", "dev/demo/me", "what is known of this run"),
        ("${env.EMPTY}", "", "set, although empty"),
        ("${env.NUMBER}", "5", "environment variables are text"),
        ("|\n      a ${var.text}\n      b\n", "a abc\nb\n", "in a block"),
    ],
)
def test_expressions_become_values(tmp_path: Path, written: str, expected: Any, why: str) -> None:
    environ = {"USER_NAME": "me", "EMPTY": "", "NUMBER": "5"}
    found = value(tmp_path, written, VARIABLES + "targets: {dev: {}}\n", environ=environ)
    assert (found, type(found).__mro__[-2]) == (expected, type(expected).__mro__[-2]), why


def test_a_string_without_expressions_is_the_same_object(tmp_path: Path) -> None:
    found = spec(tmp_path, HEAD + "jobs: {a: &x {v: {w: [1]}}, b: *x}\n").sections["jobs"]
    assert found["a"] is found["b"]


def test_an_anchored_expression_resolves_wherever_it_is_used(tmp_path: Path) -> None:
    found = spec(tmp_path, HEAD + VARIABLES + "jobs: {a: &x {v: '${var.text}'}, b: {<<: *x, w: 1}}\n").sections["jobs"]
    assert (found["a"], found["b"]) == ({"v": "abc"}, {"w": 1, "v": "abc"})


@pytest.mark.parametrize(
    ("body", "places", "why"),
    [
        ("v: ${var.no}", ["undefined-variable spec.yaml:4:8"], "plain"),
        ("v: '${var.no}'", ["undefined-variable spec.yaml:4:9"], "in quotes"),
        ('v: "ab ${var.no} ${var.no}"', ["undefined-variable spec.yaml:4:12", "undefined-variable spec.yaml:4:22"], "each one"),
        ('v: "\\t\\u00e9 ${var.no}"', ["undefined-variable spec.yaml:4:18"], "after escapes"),
        (
            "v: |\n      one\n      two ${var.no}\n      ${var.no}",
            ["undefined-variable spec.yaml:6:11", "undefined-variable spec.yaml:7:7"],
            "in a block",
        ),
        ("v: >-\n      one\n      two ${var.no}", ["undefined-variable spec.yaml:6:11"], "in folded text"),
        ("v: one\n      two ${var.no}", ["undefined-variable spec.yaml:5:11"], "in plain text over lines"),
        ("v: [a, 'é${var.no}']", ["undefined-variable spec.yaml:4:14"], "in a list, characters counted"),
        ("v: {w: {x: '-${var.no}'}}", ["undefined-variable spec.yaml:4:18"], "deep"),
        ("'${var.no}': x", ["misplaced-expression spec.yaml:4:6"], "in a key"),
        ("v: {'a-${target}': x}", ["misplaced-expression spec.yaml:4:12"], "in a deep key"),
        ("v: a ${var.no", ["invalid-expression spec.yaml:4:10"], "not closed"),
        ("v: ${}", ["invalid-expression spec.yaml:4:8"], "empty"),
        ("v: ${HOME}", ["unknown-expression spec.yaml:4:8"], "a shell's variable"),
        ("v: ${X:-y}", ["invalid-expression spec.yaml:4:8"], "a shell's expression"),
        ("v: ${vra.x}", ["unknown-expression spec.yaml:4:8"], "a slip"),
        ("v: ${var}", ["undefined-variable spec.yaml:4:8"], "no name"),
        ("v: ${env}", ["invalid-expression spec.yaml:4:8"], "no name"),
        ("v: ${env.NO}", ["undefined-environment spec.yaml:4:8"], "not set"),
        ("v: ${target}", ["unknown-expression spec.yaml:4:8"], "the spec has no targets"),
        ("v: ${target.x}", ["invalid-expression spec.yaml:4:8"], "it is text"),
        ("v: ${project.x}", ["invalid-expression spec.yaml:4:8"], "it is text"),
        ("v: ${secret.no}", ["undefined-secret spec.yaml:4:8"], "not declared"),
        ("v: ${git.tag}", ["unknown-expression spec.yaml:4:8"], "git is asked for two things"),
        ("v: ${jobs}", ["invalid-expression spec.yaml:4:8"], "a section is no value"),
    ],
)  # fmt: skip
def test_problems_are_told_at_the_expression(tmp_path: Path, body: str, places: list[str], why: str) -> None:
    path = write(tmp_path, {"spec.yaml": f"{HEAD}jobs:\n  j:\n    {body}\n"})
    found = refused(path, environ={})
    assert told(found) == places, why
    assert all(problem.fix for problem in found)


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("${var.txet}", "Did you mean 'text'?"),
        ("${var.sizes.smal}", "Did you mean 'small'?"),
        (
            "${vra.text}",
            "Did you mean 'var'? Write $${vra.text} if the text is literal, for example for a shell.",
        ),
        ("${HOME}", "Write $${HOME} if the text is literal, for example for a shell."),
        ("${git.comit}", "Did you mean 'commit'?"),
    ],
)
def test_a_slip_is_answered_with_the_nearest_name(tmp_path: Path, written: str, fix: str) -> None:
    path = write(tmp_path, {"spec.yaml": f"{HEAD}{VARIABLES}jobs: {{j: {{v: '{written}'}}}}\n"})
    assert [problem.fix for problem in refused(path)] == [fix]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("a ${var.zones}", "invalid-expression"),
        ("a ${var.sizes}", "invalid-expression"),
        ("a ${var.none}", "invalid-expression"),
        ("${var.text.x}", "undefined-variable"),
        ("${var.zones.7}", "undefined-variable"),
    ],
)
def test_values_that_do_not_fit(tmp_path: Path, written: str, code: str) -> None:
    path = write(tmp_path, {"spec.yaml": f"{HEAD}{VARIABLES}jobs: {{j: {{v: '{written}'}}}}\n"})
    assert [problem.code for problem in refused(path)] == [code]


# references


@pytest.mark.parametrize(
    ("written", "target", "attribute"),
    [
        ("${jobs.train.outputs.model}", Address("jobs", "train"), "outputs.model"),
        ("${jobs.train.outputs.model/a/b.txt}", Address("jobs", "train"), "outputs.model/a/b.txt"),
        ("${data.raw.version}", Address("data", "raw"), "version"),
        ("${data.raw}", Address("data", "raw"), "id"),
        ("${data.iris.v1.version}", Address("data", "iris.v1"), "version"),
        ("${data.iris.v1}", Address("data", "iris.v1"), "id"),
        ("${data.absent.version}", Address("data", "absent"), "version"),
        ("${online_endpoints.hf.scoring_uri}", Address("online_endpoints", "hf"), "scoring_uri"),
        ("${online_endpoints.hf.deployments.blue.name}", Address("online_endpoints", "hf", "deployments.blue"), "name"),
        ("${online_endpoints.hf.traffic.id}", Address("online_endpoints", "hf", "traffic"), "id"),
    ],
)
def test_a_mention_of_a_resource_is_a_reference(tmp_path: Path, written: str, target: Address, attribute: str) -> None:
    found = value(tmp_path, written, "data: {raw: {path: x}, iris.v1: {path: y}, iris: {path: z}}\n")
    span = Span(str(tmp_path / "spec.yaml"), 5, 8, 5, 8 + len(written))
    assert found == Reference(target, attribute, text=written, span=span)


def test_a_longer_string_with_a_mention_is_a_template(tmp_path: Path) -> None:
    found = value(tmp_path, "'--url ${online_endpoints.hf.scoring_uri} --n ${var.number} ${{inputs.x}}'")
    assert isinstance(found, Template)
    assert [str(part) for part in found.parts] == [
        "--url ",
        "${online_endpoints.hf.scoring_uri}",
        " --n 5 ${{inputs.x}}",
    ]
    assert isinstance(found.parts[1], Reference)
    assert (found.parts[1].span.line, found.parts[1].span.column) == (12, 15)


@pytest.mark.parametrize(
    "text",
    [
        "workspace: {local: {path: '${jobs.j.id}'}}\n",
        "tags: {t: '${jobs.j.id}'}\n",
        "variables: {v: {default: '${jobs.j.id}'}}\n",
        "description: ${jobs.j.id}\n",
        "jobs: {k: {file: '${jobs.j.id}'}}\n",
    ],
)
def test_resources_are_mentioned_in_bodies_only(tmp_path: Path, text: str) -> None:
    assert "misplaced-expression" in [problem.code for problem in refused(write(tmp_path, {"spec.yaml": HEAD + text}))]


# variables


@pytest.mark.parametrize(
    ("declaration", "text", "expected", "why"),
    [
        ("{type: string}", "5", "5", "text stays text"),
        ("{type: integer}", "5", 5, "read as the type"),
        ("{type: number}", "0.5", 0.5, "read as the type"),
        ("{type: number}", "5", 5, "integers are numbers"),
        ("{type: boolean}", "true", True, "read as the type"),
        ("{type: boolean}", "False", False, "in any case"),
        ("{type: list}", "[a, 1]", ["a", 1], "YAML"),
        ("{type: object}", '{"a": [1]}', {"a": [1]}, "JSON"),
        ("{}", "5", "5", "text, if nothing says otherwise"),
        ("{default: 1}", "5", 5, "the type of the default"),
        ("{default: x}", "5", "5", "the type of the default"),
        ("{default: 1}", "x", "x", "without a declared type any value will do"),
        ("{default: true}", "false", False, "the type of the default"),
        ("{default: [a]}", "[b]", ["b"], "the type of the default"),
        ("{type: string}", "", "", "empty text is text"),
        ("{type: string}", "${env.X}", "${env.X}", "a command line is literal"),
        ("{type: integer, minimum: 1, maximum: 5}", "5", 5, "bounds are included"),
        ("{enum: [a, b]}", "b", "b", "one of the choices"),
        ("{type: integer, choices: [1, 2]}", "2", 2, "one of the choices"),
        ("{pattern: '[a-z]+'}", "abc", "abc", "matches"),
    ],
)
def test_text_from_the_command_line(tmp_path: Path, declaration: str, text: str, expected: Any, why: str) -> None:
    found = value(tmp_path, "${var.v}", f"variables: {{v: {declaration}}}\n", variables={"v": text})
    assert (found, isinstance(found, bool)) == (expected, isinstance(expected, bool)), why


@pytest.mark.parametrize(
    ("declaration", "text", "why"),
    [
        ("{type: integer}", "x", "no number"),
        ("{type: integer}", "1.5", "no whole number"),
        ("{type: integer}", "", "nothing"),
        ("{type: number}", "1,5", "no number"),
        ("{type: boolean}", "yes", "true or false"),
        ("{type: list}", "{a: 1}", "a mapping is no list"),
        ("{type: object}", "[a]", "a list is not a mapping"),
        ("{type: list}", "", "nothing"),
        ("{enum: [aa, bb]}", "ab", "not a choice"),
        ("{type: integer, minimum: 1}", "0", "below"),
        ("{type: integer, maximum: 1}", "2", "above"),
        ("{pattern: '[a-z]+'}", "abc1", "the whole text must match"),
        ("{minimum: 1}", "x", "bounds are for numbers"),
    ],
)  # fmt: skip
def test_values_a_variable_must_not_have(tmp_path: Path, declaration: str, text: str, why: str) -> None:
    path = write(tmp_path, {"spec.yaml": f"{HEAD}variables: {{v: {declaration}}}\n"})
    found = refused(path, variables={"v": text})
    assert told(found) == ["invalid-variable-value <command line>:1:1"], why
    assert found[0].related[0][1].line == 2


def test_what_a_command_line_gives_must_be_yaml(tmp_path: Path) -> None:
    path = write(tmp_path, {"spec.yaml": f"{HEAD}variables: {{v: {{type: list}}}}\n"})
    assert told(refused(path, variables={"v": "[a"})) == ["invalid-yaml <--var v>:1:1"]


def test_who_wins(tmp_path: Path) -> None:
    names = [f"v{number}" for number in range(5)]
    text = (
        HEAD
        + "variables: {"
        + ", ".join(f"{name}: {{default: default}}" for name in names)
        + "}\ntargets: {t: {variables: {v1: target, v2: target, v3: target, v4: target}}}\n"
        + "jobs: {j: {"
        + ", ".join(f"{name}: '${{var.{name}}}'" for name in names)
        + "}}\n"
    )
    write(tmp_path, {"one.yaml": "{v2: first, v3: first, v4: first}", "two.json": '{"v3": "second", "v4": "second"}'})
    files = (tmp_path / "one.yaml", tmp_path / "two.json")
    found = spec(tmp_path, text, variable_files=files, variables={"v4": "command"})
    assert list(found.sections["jobs"]["j"].values()) == ["default", "target", "first", "second", "command"]


@pytest.mark.parametrize(
    ("top", "options", "expected", "why"),
    [
        ("variables: {v: {}}\n", {}, ["missing-variable spec.yaml:2:13"], "no value"),
        ("variables: {v: }\n", {}, ["missing-variable spec.yaml:2:13"], "declared by name alone"),
        ("variables: {v: {required: true, default: 1}}\n", {}, [], "a default is a value"),
        ("variables: {v: {required: false}}\n", {}, [], "null, then"),
        ("variables: {v: {type: integer, default: x}}\n", {}, ["invalid-variable-value spec.yaml:2:41"], "the default counts too"),
        ("variables: {v: {type: integer, default: true}}\n", {}, ["invalid-variable-value spec.yaml:2:41"], "true is no number"),
        ("variables: {v: {type: string, default: 5}}\n", {}, ["invalid-variable-value spec.yaml:2:40"], "quotes are needed"),
        ("variables: {v: 5}\n", {}, ["invalid-variable spec.yaml:2:16", "missing-variable spec.yaml:2:13"], "no description"),
        ("variables: {v: {typ: string, default: x}}\n", {}, ["unknown"], "a slip"),
        ("variables: {v: {type: strin, default: x}}\n", {}, ["invalid-variable spec.yaml:2:23"], "a slip"),
        ("variables: {v: {default: x, pattern: '['}}\n", {}, ["invalid-variable spec.yaml:2:38"], "no expression"),
        ("variables: {v: {default: x, required: 5}}\n", {}, ["invalid-variable spec.yaml:2:39"], "a boolean"),
        ("variables: {v: {default: x, enum: y}}\n", {}, ["invalid-variable spec.yaml:2:35"], "a list"),
        ("variables: {v: {default: 1, minimum: true}}\n", {}, ["invalid-variable spec.yaml:2:38"], "a number"),
        ("variables: {v: {default: x, enum: [x], choices: [x]}}\n", {}, ["invalid-variable spec.yaml:2:40"], "the same twice"),
        ("variables: {'a b': {default: x}}\n", {}, ["invalid-variable spec.yaml:2:13"], "no name"),
        (
            "variables: {v: {default: 1, type: integer, sensitive: true}}\n",
            {},
            ["invalid-variable-value spec.yaml:2:26", "invalid-variable spec.yaml:2:55"],
            "secrets are text",
        ),
        ("variables: {size: {default: x}}\n", {"variables": {"sizes": "y"}}, ["unknown-variable <command line>:1:1"], "not declared"),
        ("variables: {v: {default: x}}\ntargets: {t: {variables: {w: 1}}}\n", {}, ["unknown-variable spec.yaml:3:30"], "not declared"),
        (
            "variables: {a: {default: '${var.b}'}, b: {default: '${var.c}'}, c: {default: '${var.a}'}}\n",
            {},
            ["variable-cycle spec.yaml:2:79"],
            "a ring",
        ),
        ("variables: {a: {default: 'x${var.a}'}}\n", {}, ["variable-cycle spec.yaml:2:28"], "itself"),
        ("variables: {a: {default: '${var.no}'}, b: {default: '${var.a}'}}\n", {}, ["undefined-variable spec.yaml:2:27"], "told once"),
    ],
)  # fmt: skip
def test_declarations(tmp_path: Path, top: str, options: dict[str, Any], expected: list[str], why: str) -> None:
    path = write(tmp_path, {"spec.yaml": HEAD + top})
    if expected == ["unknown"]:
        expected = ["invalid-variable spec.yaml:2:17"]
    if expected:
        assert sorted(told(refused(path, **options))) == sorted(expected), why
    else:
        composed(path, **options)


def test_a_variable_may_be_made_of_others(tmp_path: Path) -> None:
    top = (
        "variables:\n  a: {default: 'x-${var.b}'}\n  b: {default: '${var.c}'}\n  c: {default: 5, type: integer}\n"
        "  d: {type: object, default: {e: '${var.a}/${project}'}}\n"
    )
    assert value(tmp_path, "'${var.d.e} ${var.a}'", top) == "x-5/demo x-5"


def test_the_projects_name_may_come_from_a_variable(tmp_path: Path) -> None:
    text = "project: demo-${var.user}\nvariables: {user: {}}\njobs: {j: {v: '${project}'}}\n"
    found = spec(tmp_path, text, variables={"user": "ann"})
    assert (found.project, found.sections["jobs"]["j"]["v"]) == ("demo-ann", "demo-ann")
    ring = "project: demo-${var.user}\nvariables: {user: {default: '${project}'}}\n"
    assert told(refused(write(tmp_path, {"spec.yaml": ring}))) == ["misplaced-expression spec.yaml:2:30"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: b: c", ["invalid-yaml v.yaml:1:5"]),
        ("- a", ["wrong-document v.yaml:1:1"]),
        ("", ["empty-document v.yaml:1:1"]),
        ("w: 1", ["unknown-variable v.yaml:1:4"]),
        ("v: 5", ["invalid-variable-value v.yaml:1:4"]),
    ],
)
def test_files_of_variables_that_do_not_fit(tmp_path: Path, content: str, expected: list[str]) -> None:
    path = write(tmp_path, {"spec.yaml": HEAD + "variables: {v: {default: x, type: string}}\n", "v.yaml": content})
    assert told(refused(path, variable_files=(tmp_path / "v.yaml",))) == expected


def test_a_missing_file_of_variables_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, {"spec.yaml": HEAD})
    assert [problem.code for problem in refused(path, variable_files=(tmp_path / "no.yaml",))] == ["file-not-found"]


def test_a_value_from_a_variable_stands_where_it_is_used(tmp_path: Path) -> None:
    found = spec(tmp_path, HEAD + VARIABLES + "jobs: {j: {v: '${var.text}', w: '${var.sizes}'}}\n").sections["jobs"]
    assert found.value_span("j").line == 10
    assert span_at(found, ("j", "v")).line == 10
    assert span_at(found, ("j", "w", "small")).line == 9


# secrets

SECRETS = "secrets:\n  token: {env: TOKEN}\n  file: {file: s/key.txt}\n  vault: {key_vault: {vault: v, name: n}}\n"


def test_secrets_are_values_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, {"s/key.txt": "from file\n"})
    top = SECRETS + "variables: {p: {sensitive: true}}\n"
    options = {"environ": {"TOKEN": "hush"}, "variables": {"p": "quiet"}}
    assert value(tmp_path, "${secret.token}", top, **options) == Secret("token", "hush")
    assert value(tmp_path, "${secret.file}", top, **options) == Secret("file", "from file")
    assert value(tmp_path, "${var.p}", top, **options) == Secret("var.p", "quiet")
    assert value(tmp_path, "'Bearer ${secret.token} ${var.p}'", top, **options) == Template(
        ("Bearer ", Secret("token", "hush"), " ", Secret("var.p", "quiet"))
    )
    assert "hush" not in repr(composed(tmp_path / "spec.yaml", **options))


def test_a_secret_may_pass_through_a_variable(tmp_path: Path) -> None:
    top = SECRETS + "variables: {t: {type: string, default: '${secret.token}'}}\n"
    assert value(tmp_path, "${var.t}", top, environ={"TOKEN": "hush"}) == Secret("token", "hush")


def test_an_unused_secret_is_not_fetched(tmp_path: Path) -> None:
    assert value(tmp_path, "x", SECRETS, environ={}) == "x"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("${secret.token}", "TOKEN is not set"),
        ("${secret.file}", "no file s/key.txt"),
        ("${secret.vault}", "Key Vault"),
    ],
)
def test_a_secret_that_cannot_be_read_is_told_where_it_is_used(tmp_path: Path, written: str, words: str) -> None:
    path = write(tmp_path, {"spec.yaml": f"{HEAD}{SECRETS}jobs: {{j: {{v: '{written}'}}}}\n"})
    found = refused(path, environ={})
    assert told(found) == ["secret-unavailable spec.yaml:6:16"]
    assert words in found[0].detail
    assert found[0].fix


def test_without_looking_at_files_no_secret_is_needed(tmp_path: Path) -> None:
    for name in ("token", "file", "vault"):
        assert value(tmp_path, f"${{secret.{name}}}", SECRETS, environ={}, files=False) == Secret(name, "")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("hunter2", ["invalid-secret spec.yaml:2:14"]),
        ("{}", ["invalid-secret spec.yaml:2:14"]),
        ("{evn: X}", ["invalid-secret spec.yaml:2:15"]),
        ("{env: X, file: y}", ["invalid-secret spec.yaml:2:14"]),
        ("{env: 5}", ["invalid-secret spec.yaml:2:20"]),
        ("{key_vault: x}", ["invalid-secret spec.yaml:2:26"]),
        ("{key_vault: {vault: v}}", ["invalid-secret spec.yaml:2:26"]),
        ("{key_vault: {vault: v, nam: n}}", ["invalid-secret spec.yaml:2:26", "invalid-secret spec.yaml:2:37"]),
        ("{key_vault: {vault: v, name: 5}}", ["invalid-secret spec.yaml:2:43"]),
    ],
)
def test_malformed_sources_of_secrets(tmp_path: Path, source: str, expected: list[str]) -> None:
    path = write(tmp_path, {"spec.yaml": f"{HEAD}secrets: {{s: {source}}}\njobs: {{j: {{v: '${{secret.s}}'}}}}\n"})
    found = refused(path)
    assert told(found) == expected
    assert not any("hunter2" in f"{problem.detail}{problem.fix}" for problem in found)


@pytest.mark.parametrize(
    "declaration",
    ["{sensitive: true, enum: [x]}", "{sensitive: true, pattern: x}", "{sensitive: true, type: string, minimum: 5}"],
)
def test_a_sensitive_value_is_never_repeated(tmp_path: Path, declaration: str) -> None:
    path = write(tmp_path, {"spec.yaml": f"{HEAD}variables: {{v: {declaration}}}\n"})
    with pytest.raises(SpecError) as caught:
        composed(path, variables={"v": "hunter2"})
    assert "hunter2" not in f"{caught.value}{caught.value.diagnostics}"
    assert caught.value.diagnostics[0].conceal


@pytest.mark.parametrize(
    "where", ["project: 'a-${secret.token}'", "project: demo\nworkspace: {local: {path: '${secret.token}'}}"]
)
def test_a_secret_has_no_place_in_a_setting(tmp_path: Path, where: str) -> None:
    path = write(tmp_path, {"spec.yaml": f"{where}\nsecrets: {{token: {{env: TOKEN}}}}\n"})
    found = refused(path, environ={"TOKEN": "hunter2"})
    assert len(found) == 1
    assert "hunter2" not in f"{found}"


# git


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_git_tells_the_commit_and_the_branch(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q", "-b", "topic/x")
    found = refused(write(tmp_path / "p", {"spec.yaml": f"{HEAD}description: '${{git.commit}}'\n"}))
    assert told(found) == ["git-unavailable spec.yaml:2:15"]
    assert "no commit yet" in found[0].detail
    _git(tmp_path, "commit", "-q", "--allow-empty", "-m", "m")
    commit = _git(tmp_path, "rev-parse", "HEAD")
    assert value(tmp_path / "p", "${git.branch}@${git.commit}", "") == f"topic/x@{commit}"
    _git(tmp_path, "checkout", "-q", "--detach")
    assert value(tmp_path / "p", "${git.commit}", "") == commit
    found = refused(write(tmp_path / "p", {"spec.yaml": f"{HEAD}description: '${{git.branch}}'\n"}))
    assert "not a branch" in found[0].detail


def test_outside_a_repository_git_has_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", "/")
    found = refused(write(tmp_path, {"spec.yaml": f"{HEAD}description: '${{git.commit}}'\n"}))
    assert told(found) == ["git-unavailable spec.yaml:2:15"]
    assert "not in a git repository" in found[0].detail


def test_without_git_the_problem_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = refused(write(tmp_path, {"spec.yaml": f"{HEAD}description: '${{git.commit}}'\n"}))
    assert "not installed" in found[0].detail


def test_a_repositorys_hooks_and_monitors_do_not_run(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q", "-b", "main")
    _git(tmp_path, "commit", "-q", "--allow-empty", "-m", "m")
    script = tmp_path / "monitor"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    script.chmod(0o755)
    _git(tmp_path, "config", "core.fsmonitor", str(script))
    value(tmp_path, "${git.commit}", "")
    assert not (tmp_path / "ran").exists()
