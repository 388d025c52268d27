"""What Azure ML's own loader drops without a word is dropped with a warning; everywhere else an unknown field is an error."""

from __future__ import annotations

import pytest

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Severity, SpecError
from tests.unit.spec.building import project

COMPONENT = "components:\n  train:\n    command: echo 1\n    environment: {image: example/base}\n"

DROPPED = (
    (f"{COMPONENT}    is_determinstic: true\n", "components.train", 5, "is_deterministic"),
    (f"{COMPONENT}    resources:\n      instance_cuont: 2\n", "components.train", 6, "instance_count"),
    ("serverless_endpoints:\n  chat:\n    model_id: azureml://a\n    auth_mod: key\n", "serverless_endpoints.chat", 4, "auth_mode"),
)  # fmt: skip


def test_it_is_told_with_the_nearest_name_and_nothing_is_kept() -> None:
    plain = project(COMPONENT).resources[Address("components", "train")]
    for text, address, line, meant in DROPPED:
        found = project(text)
        [warning] = found.warnings
        assert (warning.severity, warning.code) == (Severity.WARNING, "ignored-field")
        assert (str(warning.address), warning.subject and warning.subject.line) == (address, line)
        assert f"'{meant}'" in warning.fix
    with_typo = project(DROPPED[0][0]).resources[Address("components", "train")]
    assert with_typo.content == plain.content


@pytest.mark.parametrize(
    "text",
    [
        f"{COMPONENT}    inputs: {{rows: {{type: uri_file, typ: 1}}}}\n",
        "jobs:\n  train: {command: echo 1, environment: {image: a}, comand: 1}\n",
    ],
)
def test_elsewhere_it_is_an_error(text: str) -> None:
    with pytest.raises(SpecError) as refused:
        project(text)
    assert [found.code for found in refused.value.diagnostics] == ["unknown-field"]
