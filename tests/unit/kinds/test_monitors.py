"""Monitors on the embedded workspace: what is computed, what is only recorded, and which deployment they name."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.kinds.schedule import KIND
from tests.unit.spec.building import project

DRIFT = {"type": "data_drift", "metric_thresholds": {}}


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ({}, []),
        ({"a": DRIFT, "b": {"type": "PredictionDrift"}, "c": {"type": "data_quality"}}, []),
        ({"a": DRIFT, "b": {"type": "model_performance"}}, [(("b", "type"), False)]),
        ({"a": DRIFT, "b": {"type": "FeatureAttributionDrift"}, "c": {"type": "custom"}}, [(("b", "type"), False), (("c", "type"), False)]),
        ({"a": {"type": "generation_token_statistics"}}, [((), True)]),
        (
            {"a": {**DRIFT, "production_data": {"pre_processing_component": "azureml:p:1"}}},
            [(("a", "production_data", "pre_processing_component"), False)],
        ),
    ],
)  # fmt: skip
def test_what_is_not_computed_is_said_in_the_plan(signals: Any, expected: list[Any]) -> None:
    found = list(KIND.local_refusals("monitor", {"create_monitor": {"monitoring_signals": signals}}))
    assert [(refusal.path[2:], refusal.stops) for refusal in found] == expected
    assert all(refusal.fix for refusal in found if refusal.stops)


SPEC = """
online_endpoints:
  rents:
    deployments: {blue: {model: {path: m}, instance_type: s}}
schedules:
  watch:
    trigger: {type: recurrence, frequency: day, interval: 1}
    create_monitor:
      compute: {instance_type: s, runtime_version: "3.4"}
      monitoring_target: {endpoint_deployment_id: "DEPLOYMENT"}
"""
BLUE = Address("online_endpoints", "rents", "deployments.blue")


@pytest.mark.parametrize(
    ("named", "needs"),
    [
        ("azureml:rents:blue", {BLUE}),
        ("azureml:elsewhere:blue", set()),
        ("/subscriptions/s/onlineEndpoints/rents/deployments/blue", set()),
    ],
)
def test_a_monitor_comes_after_the_deployment_that_it_watches(named: str, needs: set[Address]) -> None:
    resources = project(SPEC.replace("DEPLOYMENT", named)).resources
    watch = resources[Address("schedules", "watch")]
    assert watch.depends_on == needs
    assert watch.properties["create_monitor"]["monitoring_target"]["endpoint_deployment_id"] == named


def test_a_deployment_that_the_endpoint_does_not_have_is_told() -> None:
    with pytest.raises(SpecError) as told:
        project(SPEC.replace("DEPLOYMENT", "azureml:rents:blu"))
    (problem,) = told.value.diagnostics
    assert problem.code == "unknown-resource"
    assert "Did you mean 'blue'?" in (problem.fix or "")
