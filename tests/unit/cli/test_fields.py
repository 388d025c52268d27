"""``amlctl fields``: the field reference on the command line, without a spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli.commands.fields import command, complete
from orchestrator.kinds import discover
from orchestrator.spec.field_reference import UnknownField, field_doc, known_parts


def told(*arguments: str) -> str:
    answer = CliRunner().invoke(command, arguments)
    return answer.output


def test_a_path_of_fields_needs_no_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = told("jobs.sweep.limits")
    assert "max_total_trials  integer (≥ 1, ≤ 1000), required\n      Maximum number of trials." in text
    assert "limits the time, not the result" in " ".join(text.split())
    data = json.loads(told("jobs.sweep.limits", "--format", "json"))
    assert (data["type"], data["required"]) == ("SweepLimits", True)
    assert data["fields"][0]["path"] == "jobs.sweep.limits.max_total_trials"
    assert told().splitlines()[-1].startswith("workspace")


PLACES = {
    "compute.amlcompute.min_instances": "integer (≥ 0)",  # a form and a field
    "compute.min_instances": "integer (≥ 0)",  # a field of one of the forms
    "jobs.automl.forecasting.forecasting.target_lags": "auto or integer (≥ 1) or list of integer (≥ 1)",  # a form of two parts
    "jobs.command.inputs.path": "string",  # through a mapping and a union
    "online_endpoints.deployments.request_settings.request_timeout_ms": "integer (> 0)",  # a part of another kind
    "online_endpoints.tests.expect.status": "integer (≥ 100, ≤ 599)",  # through a list
    "compute.amlcompute.lifecycle.protect": "boolean",
}


def test_paths_lead_through_forms_lists_mappings_and_parts() -> None:
    kinds = discover()
    assert {path: field_doc(kinds, path).type for path in PLACES} == PLACES


def test_forms_are_listed_where_none_is_named() -> None:
    kinds = discover()
    assert "amlcompute" in field_doc(kinds, "compute").forms
    assert field_doc(kinds, "compute.amlcompute").forms == ()
    assert all(form.startswith("automl.") for form in field_doc(kinds, "jobs.automl").forms)
    assert "jobs.command.name" not in {field.path for field in field_doc(kinds, "jobs.command").fields}


UNKNOWN = {
    "job.sweep": "There is no kind 'job'. Did you mean 'jobs'?",
    "jobs.swep": "jobs has no form or field 'swep'. Did you mean 'sweep'?",
    "jobs.sweep.limit": "jobs.sweep has no field 'limit'. Did you mean 'limits'?",
    "compute.min_instances.x": "compute.min_instances has no field 'x'. It has no fields.",
}


def test_what_is_unknown_names_the_nearest() -> None:
    said = {}
    for path in UNKNOWN:
        with pytest.raises(UnknownField) as problem:
            field_doc(discover(), path)
        said[path] = str(problem.value)
    assert said == UNKNOWN
    assert "Did you mean 'sweep'?" in told("jobs.swep")


def test_a_shell_completes_kinds_forms_and_fields() -> None:
    def completed(text: str) -> list[str]:
        return [item.value for item in complete(command.make_context("fields", []), command.params[0], text)]

    assert "jobs" in completed("")
    assert completed("jobs.sw") == ["jobs.sweep"]
    assert completed("jobs.sweep.limits.max_") == [
        "jobs.sweep.limits.max_total_trials",
        "jobs.sweep.limits.max_concurrent_trials",
    ]
    assert "online_endpoints.deployments" in completed("online_endpoints.d")
    assert completed("nothing.x") == []


def test_each_kind_and_form_can_be_described() -> None:
    kinds = discover()
    for key, kind in kinds.items():
        for path in (key, *(f"{key}.{form}" for form in kind.variants if form)):
            found = field_doc(kinds, path)
            assert found.sentence and known_parts(kinds, path), path
            assert all(field.sentence for field in found.fields), path
