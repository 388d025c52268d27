from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid
from orchestrator.core.resource import Observed
from orchestrator.core.value import LocalFiles, Reference, Secret, Template, Unknown
from orchestrator.execution.bind import bind
from tests.unit.execution.plans import KINDS, at

SECRET = Secret("token", "hunter2")
FILES = LocalFiles(Path("/data"), "digest", "./data")
LIVE = {
    at(f"{address}"): Observed(at(address), revision, properties={}, attributes=attributes)
    for address, revision, attributes in [
        ("compute.c", "", {}),
        ("data.d", "7", {}),
        ("jobs.j", "j-1", {"outputs": {"special": "azureml://elsewhere"}, "a.b": 5, "off": False}),
        ("online_endpoints.e", "", {"scoring_uri": "http://127.0.0.1/e"}),
    ]
}


def ref(target: str, attribute: str = "id") -> Reference:
    return Reference(at(target), attribute)


def bound(value: Any) -> Any:
    return bind({"x": value}, LIVE.get, KINDS)["x"]


@pytest.mark.parametrize(
    ("value", "expected", "why"),
    [
        ("text", "text", "plain text"),
        (None, None, "nothing"),
        (1.5, 1.5, "a number"),
        ([ref("data.d"), {"k": ref("data.d")}], ["azureml:d:7", {"k": "azureml:d:7"}], "at any depth"),
        (ref("data.d"), "azureml:d:7", "an asset with its version"),
        (ref("data.d", "version"), "7", "the version alone"),
        (ref("data.d", "name"), "d", "the name alone"),
        (ref("compute.c"), "azureml:c", "a named resource has no version"),
        (ref("jobs.j"), "azureml:j-1", "a run is its own name"),
        (ref("jobs.j", "name"), "j-1", "a run is its own name"),
        (ref("jobs.j", "outputs.model/best"), "azureml://jobs/j-1/outputs/model/best", "an output of a run"),
        (ref("jobs.j", "outputs.special"), "azureml://elsewhere", "the workspace knows better where an output is"),
        (ref("jobs.j", "a.b"), 5, "an attribute whose name holds a dot keeps its type"),
        (ref("jobs.j", "off"), False, "false is a value"),
        (Unknown(ref("online_endpoints.e", "scoring_uri")), "http://127.0.0.1/e", "known after apply"),
        (
            Template(("--url ", ref("online_endpoints.e", "scoring_uri"), "/x")),
            "--url http://127.0.0.1/e/x",
            "in a text",
        ),
        (Template(("--off=", ref("jobs.j", "off"))), "--off=False", "a value that is not text, in a text"),
        (SECRET, SECRET, "secrets stay sealed"),
        (
            Template(("k=", SECRET, "&u=", ref("data.d", "name"))),
            Template(("k=", SECRET, "&u=", "d")),
            "secrets in a text stay sealed, the rest is filled in",
        ),
        (FILES, FILES, "files are for the backend"),
    ],
)
def test_values(value: Any, expected: Any, why: str) -> None:
    assert bound(value) == expected, why


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (ref("data.gone"), ["data.gone", "not in the workspace"]),
        (ref("compute.c", "scoring_uri"), ["compute.c", "scoring_uri"]),
        (ref("compute.c", "version"), ["compute.c", "version"]),
        (ref("compute.c", "outputs.x"), ["compute.c", "outputs.x"]),
        (Reference(Address("registries", "r"), "endpoint"), ["registries.r"]),
    ],
)
def test_a_value_that_is_not_there_is_an_error_that_names_it(reference: Reference, words: list[str]) -> None:
    with pytest.raises(Invalid) as error:
        bound(Unknown(reference))
    assert all(word in error.value.detail for word in words)
    assert error.value.fix
