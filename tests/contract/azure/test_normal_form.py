"""Bodies as the service keeps them: one spelling of each value, and nothing that it does not know."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from orchestrator.backends.azure.specification.judge import Specification
from orchestrator.core.service_rules import Asked
from orchestrator.kinds import discover

pytestmark = pytest.mark.filterwarnings("ignore")  # the client's own

ROUNDS = 3
"""Random bodies of each operation."""


@pytest.fixture(scope="module")
def rules() -> Specification:
    rules = Specification(discover())
    if not rules.load():
        pytest.skip("needs the azure extra")
    return rules


def asked(path: str, body: Any, method: str = "PUT") -> Asked:
    return Asked(method=method, parts=path.split("/"), query={"api-version": "2025-12-01"}, body=body)


CLUSTER = "computes/cpu"
JOB = "jobs/j"
# path, body, the same as it is told
SPELLINGS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (CLUSTER, {"properties": {"computeType": "amlcompute"}}, {"properties": {"computeType": "AmlCompute"}}),
    (CLUSTER, {"identity": {"type": "systemassigned"}}, {"identity": {"type": "SystemAssigned"}}),
    (CLUSTER, {"name": "x", "id": "/y", "type": "z", "systemData": {}}, {}),
    (CLUSTER, {"junk": 1, "tags": {"a": 1, "b": None}}, {"tags": {"a": "1", "b": None}}),
    (JOB, {"properties": {"jobType": "COMMAND", "isArchived": "True"}}, {"properties": {"jobType": "Command", "isArchived": True}}),
    (
        JOB,
        {"properties": {"jobType": "command", "outputs": {"o": {"jobOutputType": "URI_FOLDER", "mode": "upload"}}}},
        {"properties": {"jobType": "Command", "outputs": {"o": {"jobOutputType": "uri_folder", "mode": "Upload"}}}},
    ),
    (
        JOB,
        {"properties": {"jobType": "Command", "limits": {"jobLimitsType": "command", "timeout": "PT3600S"}}},
        {"properties": {"jobType": "Command", "limits": {"jobLimitsType": "Command", "timeout": "PT1H"}}},
    ),
    ("onlineEndpoints/e", {"properties": {"traffic": {"blue": "100"}}}, {"properties": {"traffic": {"blue": 100}}}),
    ("onlineEndpoints/e", {"properties": {"authMode": "amltoken", "scoringUri": "x"}}, {"properties": {"authMode": "AMLToken"}}),
    ("datastores/d", {"properties": {"datastoreType": "azureblob"}}, {"properties": {"datastoreType": "AzureBlob"}}),
    ("data/d/versions/1", {"properties": {"dataType": "MLTABLE"}}, {"properties": {"dataType": "mltable"}}),
    ("nothing/known", {"any": {"thing": 1}}, {"any": {"thing": 1}}),
    (  # words of an older version of the interface, which the models have no more
        "schedules/s",
        {"properties": {"action": {"actionType": "ImportData", "dataImportDefinition": {"a": 1}}}},
        {"properties": {"action": {"actionType": "ImportData", "dataImportDefinition": {"a": 1}}}},
    ),
]  # fmt: skip


def test_each_value_has_one_spelling(rules: Specification) -> None:
    for path, body, told in SPELLINGS:
        assert rules.normal(asked(path, body)) == told, (path, body)


def test_members_of_another_version_of_the_interface_stay(rules: Specification) -> None:
    body = {"properties": {"dataType": "URI_FILE", "autoDeleteSetting": {"value": "30d"}}, "id": "/x"}
    older = Asked(
        method="PUT", parts=["data", "d", "versions", "1"], query={"api-version": "2023-08-01-preview"}, body=body
    )
    assert rules.normal(older) == {"properties": {"dataType": "uri_file", "autoDeleteSetting": {"value": "30d"}}}


def test_without_a_body_there_is_nothing_to_spell(rules: Specification) -> None:
    assert rules.normal(asked(CLUSTER, None, "GET")) is None


def test_durations_are_told_as_dotnet_writes_them(rules: Specification) -> None:
    from orchestrator.backends.azure.specification.normal import duration  # imports the client

    for sent, told in [
        ("PT120S", "PT2M"), ("00:02:00", "PT2M"), ("1.02:30:00", "P1DT2H30M"), ("PT0.5S", "PT0.5S"), ("PT0S", "PT0S"),
        ("P1D", "P1D"), ("PT90M", "PT1H30M"), ("-PT5S", "-PT5S"), ("P1Y", "P1Y"), ("PT5.25S", "PT5.25S"), ("00:10", "PT10M"),
        ("P1W", "P7D"),
    ]:  # fmt: skip
        assert duration(sent) == told, sent


def test_random_bodies_of_every_operation_pass_in_any_spelling_and_are_told_in_one(rules: Specification) -> None:
    """Seeded: what fails once fails again."""
    from orchestrator.backends.azure.specification.normal import normal
    from orchestrator.backends.azure.specification.operations import operations
    from orchestrator.backends.azure.specification.values import broken_values
    from tests.wire.random_bodies import Bodies

    bodies = Bodies(Random(10))
    tried = 0
    for operation in operations():
        if operation.body is None:
            continue
        for _ in range(ROUNDS):
            body = bodies.of(operation.body)
            other = bodies.respelt(body, operation.body)
            for spelling in (body, other):
                wrong = list(broken_values(spelling, operation.body, creates=operation.method == "PUT"))
                assert not wrong, (operation.parts, spelling, wrong)
            assert normal(body, operation.body) == body, operation.parts
            assert normal(other, operation.body) == body, operation.parts
            tried += 1
    assert tried > 100
