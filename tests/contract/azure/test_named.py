"""Computes and datastores through the real client."""

from __future__ import annotations

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation
from orchestrator.core.resource import Removal
from tests.contract.azure.requests import request
from tests.contract.azure.wire import Wire

CPU = Address("compute", "cpu")
BODY = {"type": "amlcompute", "size": "Standard_DS3_v2", "min_instances": 0, "max_instances": 2, "tags": {"team": 7}}


def test_a_compute_is_made_waited_for_listed_and_deleted(backend: AzureBackend, wire: Wire) -> None:
    wire.operation_polls = 1
    created = backend.create(request(CPU, BODY))
    assert created.health is Health.PROGRESSING
    ready = backend.wait(CPU, "", 30, Cancellation(), lambda line: None)
    assert ready.health is Health.HEALTHY
    (listed,) = backend.list("compute")
    assert listed.owner == "demo"
    assert listed.address == CPU
    assert listed.properties["max_instances"] == 2
    assert listed.properties["tags"]["team"] == "7"
    assert request(CPU, BODY).fingerprint.matches(listed.fingerprint)
    backend.delete(CPU, "", Removal.DELETE)
    assert backend.read(CPU) is None
