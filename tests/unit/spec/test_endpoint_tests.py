"""Requests that an endpoint's spec wants answered: how they are read, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.resource import Check
from orchestrator.kinds import discover
from orchestrator.spec.load import load

HEAD = """project: demo
secrets: {key: {env: KEY}}
online_endpoints:
  end:
    deployments: {blue: {instance_type: Standard_DS3_v2}}
    tests: """


def loaded(folder: Path, tests: str, **options: Any) -> Project:
    (folder / "request.json").write_text('\ufeff{"a": 1}', encoding="utf-8")
    (folder / "broken.json").write_text("{")
    (folder / "latin.json").write_bytes(b'"\xe9"')
    (folder / "folder.json").mkdir(exist_ok=True)
    (folder / "spec.yaml").write_text(HEAD + tests + "\n")
    return load([folder / "spec.yaml"], LoadOptions(environ={"KEY": "hush"}, **options), discover())


def checks(folder: Path, tests: str, **options: Any) -> tuple[Check, ...]:
    """What the endpoint's deployment must answer; the endpoint alone can answer nothing."""
    resources = loaded(folder, tests, **options).resources
    assert resources[Address("online_endpoints", "end")].checks == ()
    return resources[Address("online_endpoints", "end", "deployments.blue")].checks


READ = [
    ("[{request: {json: {a: [1, {b: é}]}}}]", {"body": '{"a": [1, {"b": "é"}]}', "name": "test 1"}, "written in place"),
    ("[{request: {text: 'a,b'}}]", {"body": "a,b", "status": 200, "has_expect": False}, "text, any answer"),
    ("[{request: {file: request.json}}]", {"body": '{"a": 1}', "timeout_s": 30.0}, "a file, without its mark"),
    ("[{name: n, request: {json: 1}, timeout: 2.5}]", {"name": "n", "timeout_s": 2.5}, "a name and a bound"),
    ("[{request: {json: 1}, headers: {a: true, b: 1, c: x}}]",
     {"headers": (("a", "true"), ("b", "1"), ("c", "x"))}, "headers are text"),
    ("[{request: {json: 1}, expect: {json: null}}]", {"has_expect": True, "expect": None}, "null is an answer"),
    ("[{request: {json: 1}, expect: {status: 404, match: subset, json: {a: [1]}}}]",
     {"status": 404, "match": "subset", "expect": {"a": [1]}}, "what must come back"),
    ("[{request: {json: 1}, expect: null, headers: null}]", {"status": 200, "headers": ()}, "nothing said"),
]  # fmt: skip


@pytest.mark.parametrize(("tests", "expected", "why"), READ, ids=[r[2] for r in READ])
def test_a_request_and_its_answer(tests: str, expected: dict[str, Any], why: str, tmp_path: Path) -> None:
    (check,) = checks(tmp_path, tests)
    assert {name: getattr(check, name) for name in expected} == expected, why
    assert check.span.line == 6


def test_positions_are_not_kept_in_values(tmp_path: Path) -> None:
    (check,) = checks(tmp_path, "[{request: {json: 1}, expect: {json: {a: [1]}}}]")
    assert type(check.expect) is dict
    assert type(check.expect["a"]) is list


def test_without_files_a_request_is_not_looked_at(tmp_path: Path) -> None:
    (check,) = checks(tmp_path, "[{request: {file: nowhere.json}}]", files=False)
    assert check.body == ""


def test_no_tests_are_no_tests(tmp_path: Path) -> None:
    assert checks(tmp_path, "null") == ()
    assert checks(tmp_path, "[]") == ()


WRONG = [
    ("[{request: {json: 1, text: a}}]", "invalid-request", "6:23", "two requests in one"),
    ("[{request: {}}]", "invalid-request", "6:23", "no request at all"),
    ("[{request: {file: nowhere.json}}]", "missing-file", "6:30", "no such file"),
    ("[{request: {file: broken.json}}]", "invalid-request", "6:30", "no JSON"),
    ("[{request: {file: latin.json}}]", "invalid-request", "6:30", "no UTF-8"),
    ("[{request: {file: folder.json}}]", "unreadable-file", "6:30", "a folder"),
    ('[{request: {json: {a: ["${secret.key}"]}}}]', "invalid-request", "6:35", "a secret in the body"),
    ('[{request: {text: "${online_endpoints.end.scoring_uri}"}}]', "invalid-request", "6:30", "known after apply"),
    ('[{request: {json: 1}, headers: {a: "x ${secret.key}"}}]', "invalid-request", "6:47", "a secret in a header"),
    ('[{request: {json: 1}, expect: {json: "${secret.key}"}}]', "invalid-request", "6:49", "a secret in the answer"),
    ('[{request: {json: 1}, timeout: "${data.d.id}"}]', "invalid-request", "6:43", "a time known after apply"),
    ('[{request: {json: 1}, name: "a ${secret.key}"}]', "invalid-request", "6:40", "a secret in a name"),
    ('[{request: {json: 1}, expect: {status: "${data.d.id}"}}]', "invalid-request", "6:51", "a status known after apply"),
    ("{a: 1}", "wrong-type", "6:12", "no list"),
    ("[1]", "wrong-type", "6:13", "no mapping"),
    ("[{request: 1}]", "wrong-type", "6:23", "a request is a mapping"),
    ("[{request: {json: 1}, headers: [1]}]", "wrong-type", "6:43", "headers are a mapping"),
    ("[{request: {json: 1}, expect: 1}]", "wrong-type", "6:42", "an expectation is a mapping"),
    ("[{request: {json: 1}, timeout: soon}]", "invalid-value", "6:43", "seconds are a number"),
]  # fmt: skip


@pytest.mark.parametrize(("tests", "code", "place", "why"), WRONG, ids=[w[3] for w in WRONG])
def test_a_mistake_is_told_once_at_its_place(tests: str, code: str, place: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        loaded(tmp_path, tests)
    found = [(d.code, f"{d.subject.line}:{d.subject.column}") for d in caught.value.diagnostics if d.subject]
    assert found == [(code, place)], why
    assert all("hush" not in d.detail for d in caught.value.diagnostics)
