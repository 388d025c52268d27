"""Bodies against their models: one error for each mistake, at its place, in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.core.diagnostic import Diagnostic, SpecError
from tests.unit.spec.building import project


def problems(text: str, **extra: Any) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        project(text, **extra)
    return list(caught.value.diagnostics)


def one(text: str) -> Diagnostic:
    [found] = problems(text)
    return found


def place(found: Diagnostic) -> tuple[int, int]:
    assert found.subject is not None
    return found.subject.line, found.subject.column


JOB = "jobs:\n  train:\n    command: echo\n    environment: {image: a}\n    "

MISTAKES = [
    (
        "inputs: {x: {type: uri_file}}",
        "missing-field",
        (5, 17),
        "'path' in inputs.x",
        "the mapping in which it is missing",
    ),
    ("inputs: {x: {type: uri_fil, path: p}}", "invalid-value", (5, 24), "uri_file", "all shapes' types are offered"),
    ("inputs: {x: {path: [p]}}", "wrong-type", (5, 24), "must be text; got a list", "the shape that was meant"),
    ("inputs: {x: [1]}", "wrong-type", (5, 17), "text, true or false, a number or a mapping", "no shape at all"),
    ("inputs: [1]", "wrong-type", (5, 13), "must be a mapping", "the field itself"),
    ("limits: {timout: 5}", "unknown-field", (5, 14), "no field 'timout' in limits", "at the key, with the nearest"),
    ("limits: {timeout: soon}", "wrong-type", (5, 23), "a whole number", "text for a number"),
    ("limits: {timeout: 1.5}", "wrong-type", (5, 23), "a whole number", "half a second"),
    ("limits: {timeout: -5}", "invalid-value", (5, 23), "more than 0", "a bound"),
    ("distribution: {type: horovod}", "invalid-value", (5, 26), "pytorch", "a word that is not in the list"),
    ("lifecycle: {rerun: allways}", "invalid-value", (5, 24), "on_change, always, manual", "a word of the lifecycle"),
    ("tags: {a: {b: c}}", "wrong-type", (5, 15), "got a mapping", "tags are flat"),
    ("inputs: {x: .nan}", "invalid-value", (5, 17), "not a finite number", "not a number"),
    ("description: [a]", "wrong-type", (5, 18), "text", "a list for text"),
    (
        "lifecycle: {protct: true}",
        "unknown-field",
        (5, 17),
        "no field 'protct' in lifecycle",
        "lifecycle is checked too",
    ),
    ("lifecycle: {timeout: soon}", "invalid-value", (5, 26), "not a duration", "a duration"),
    ("lifecycle: {rerun: never}", "invalid-value", (5, 24), "rerun", "a word of ours"),
    ("lifecycle: [protect]", "wrong-type", (5, 16), "must be a mapping", "lifecycle is a mapping"),
    (
        "lifecycle: {depends_on: [jobs.trian]}",
        "unknown-resource",
        (5, 30),
        "jobs.trian",
        "an address that is not there",
    ),
]


@pytest.mark.parametrize(("line", "code", "at", "says", "why"), MISTAKES, ids=[m[4] for m in MISTAKES])
def test_a_mistake_is_told_once(line: str, code: str, at: tuple[int, int], says: str, why: str) -> None:
    found = one(JOB + line)
    assert (found.code, place(found)) == (code, at)
    assert says in found.detail
    assert "jobs.train" in found.detail
    assert found.fix


FIXES = [
    ("limits: {timout: 5}", "Did you mean 'timeout'?"),
    ("limits: {zzz: 5}", "Remove it, or use one of: timeout."),
    ("distribution: {type: pytorhc}", "Did you mean 'pytorch'?"),
    ("limits: {timeout: 10 s}", "Write a number, without quotes or units."),
    ("experiment_name: 5", 'Put it in quotes: "5".'),
]


@pytest.mark.parametrize(("line", "fix"), FIXES)
def test_a_fix_is_offered(line: str, fix: str) -> None:
    assert one(JOB + line).fix == fix


PROPER = [
    ('limits: {timeout: "600"}', ("limits", "timeout"), 600, "a number as text, as an environment variable gives it"),
    ('resources: {instance_count: "2"}', ("resources", "instance_count"), 2, "the same elsewhere"),
    ("distribution: {type: PyTorch}", ("distribution", "type"), "pytorch", "another case"),
    ("inputs: {x: {type: MLTable, path: 'https://a/b'}}", ("inputs", "x", "type"), "mltable", "inside a union"),
    ('inputs: {x: "5"}', ("inputs", "x"), "5", "text stays text where text may stand"),
]


@pytest.mark.parametrize(("line", "path", "value", "why"), PROPER, ids=[p[3] for p in PROPER])
def test_values_are_put_in_their_proper_form(line: str, path: tuple[str, ...], value: Any, why: str) -> None:
    [desired] = project(JOB + line).resources.values()
    found: Any = desired.properties
    for part in path:
        found = found[part]
    assert found == value
    assert type(found) is type(value)


SPECIAL = [
    ("limits: {timeout: '${compute.cpu.name}'}", "a reference for a number"),
    ("inputs: {x: {type: uri_file, path: '${secret.where}'}}", "a secret inside a union"),
    ("inputs: {x: '${secret.where}'}", "a secret for a whole union"),
    ("environment_variables: {K: 'Bearer ${secret.token}'}", "a text with a secret inside"),
]


@pytest.mark.parametrize(("line", "why"), SPECIAL, ids=[s[1] for s in SPECIAL])
def test_values_not_known_yet_are_right_wherever_a_scalar_is(line: str, why: str) -> None:
    text = JOB + line + "\ncompute:\n  cpu: {type: amlcompute, size: s}\n"
    assert len(project(text).resources) == 2


def test_every_mistake_of_a_body_is_told_at_once() -> None:
    text = JOB + "code: [a]\n    limits: {timeout: 0, a: 1}\n    inputs: {x: {b: 1}}\n"
    found = problems(text)
    assert [d.code for d in found] == ["wrong-type", "invalid-value", "unknown-field", "unknown-field"]


UNKNOWN = [
    ("jobs: {j: {type: parallel}}", "unsupported-type", (1, 18), "not supported by this version"),
    ("jobs: {j: {type: comand}}", "unknown-type", (1, 18), "There is no job of type 'comand'"),
    ("jobs: {j: {type: automl, task: clustering}}", "unknown-type", (1, 32), "of task 'clustering'"),
    ("jobs: {j: {type: automl}}", "missing-field", (1, 8), "requires 'task'"),
    ("jobs: {j: {}}", "missing-field", (1, 8), "requires 'type'"),
    ("datastores: {d: {account_name: a}}", "missing-field", (1, 14), "requires 'type'"),
    ("datastores: {d: {type: hdfs}}", "unsupported-type", (1, 24), "not supported by this version"),
]


@pytest.mark.parametrize(("text", "code", "at", "says"), UNKNOWN)
def test_a_type_decides_how_a_body_is_read(text: str, code: str, at: tuple[int, int], says: str) -> None:
    found = one(text)
    assert (found.code, place(found)) == (code, at)
    assert says in found.detail


def test_tags_of_the_project_reach_what_takes_tags() -> None:
    text = "tags: {team: a, cost: 1}\ncompute: {cpu: {type: amlcompute, size: s, tags: {team: b}}}\n"
    text += "online_endpoints: {end: {deployments: {blue: {instance_type: s}}, traffic: {blue: 100}}}\n"
    resources = {str(address): desired.properties for address, desired in project(text).resources.items()}
    assert resources["compute.cpu"]["tags"] == {"team": "b", "cost": "1"}
    assert resources["online_endpoints.end"]["tags"] == {"team": "a", "cost": "1"}
    assert resources["online_endpoints.end.deployments.blue"]["tags"] == {"team": "a", "cost": "1"}
    assert "tags" not in resources["online_endpoints.end.traffic"]


def test_tags_of_the_project_are_checked() -> None:
    found = one("tags: {team: [a]}\ncompute: {cpu: {type: amlcompute, size: s}}\n")
    assert (found.code, place(found)) == ("wrong-type", (1, 14))


SEARCH = "jobs: {j: {type: automl, task: regression, training_data: {path: 'https://a'}, target_column_name: y, "

MIRRORS = (
    "online_endpoints: {end: {deployments: {one: {instance_type: s}, two: {instance_type: s}}, "
    "mirror_traffic: {one: 5, two: 5}}}"
)

SHAPES = [
    (SEARCH + "n_cross_validations: sometimes}}", "invalid-value", "allowed values: auto, a whole number", "a word or number: wrong word"),
    (SEARCH + "n_cross_validations: {a: 1}}}", "wrong-type", "'auto' or a whole number", "a word or a number: neither"),
    (SEARCH + "featurization: {blocked_transformers: one}}}", "wrong-type", "a list", "one for many"),
    (JOB + "distribution: {type: ray, include_dashboard: maybe}", "wrong-type", "true or false", "a switch"),
    (JOB + "lifecycle: {ignore: tags}", "wrong-type", "a list", "a list of ours"),
    (JOB + "lifecycle: {timeout: [1]}", "wrong-type", "text or a number", "a duration of no shape"),
    (MIRRORS, "invalid-value", "one deployment", "two mirrors"),
    ("data: {d: 5, e: {path: 'https://a', version: [1]}}", "wrong-type", "must be text", "a body that is none is composition's"),
    ("data: {d: {path: }}", "wrong-type", "got an empty value", "a field that must have a value"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "says", "why"), SHAPES, ids=[s[3] for s in SHAPES])
def test_a_value_of_no_shape_that_fits(text: str, code: str, says: str, why: str) -> None:
    found = one(text)
    assert found.code == code
    assert says in found.detail
    assert found.fix


def test_long_values_are_cut_in_messages() -> None:
    found = one(JOB + f"limits: {{timeout: {'x' * 90}}}")
    assert "x" * 57 + "…" in found.detail
    assert "x" * 58 not in found.detail


def test_facts_that_exports_hold_are_no_content() -> None:
    [plain], [told] = (
        project(f"data: {{d: {{path: 'https://a'{more}}}}}").resources.values()
        for more in ("", ", id: /subscriptions/s, creation_context: {created_by: me}")
    )
    assert plain.content == told.content


def test_a_secret_never_reaches_a_message() -> None:
    text = "compute: {cpu: {type: amlcompute, size: '${secret.size}', min_instances: '${secret.size}', zzz: '${secret.size}'}}"
    assert "value of size" not in str([(d.detail, d.fix, d.related) for d in problems(text)])


@pytest.mark.parametrize(
    "part", ["expect: 5", "expect: [a]", "headers: x", "timeout: [1]", "timeout: soon", "request: 3"]
)
def test_a_malformed_test_of_an_endpoint_is_one_mistake(part: str) -> None:
    request = "" if part.startswith("request") else "request: {json: 1}, "
    found = one(f"online_endpoints:\n  my-end:\n    tests: [{{name: t, {request}{part}}}]\n    traffic: {{}}\n")
    assert found.code in {"wrong-type", "invalid-value"}
