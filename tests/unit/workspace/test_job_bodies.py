"""What a job's body says about inputs, outputs, time and processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core import launchers
from orchestrator.core.errors import Invalid
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.job_types.automl import MARGIN_S
from orchestrator.workspace.jobs.bodies import input_values
from orchestrator.workspace.jobs.folder import JobFolder
from orchestrator.workspace.jobs.launching import on_one_node, process_count
from orchestrator.workspace.jobs.places import output_place


@pytest.mark.parametrize(
    ("value", "text", "why"),
    [
        (True, "True", "the service's text of a switch"),
        (1.0, "1", "no needless point"),
        (0.1, "0.1", "a number"),
        ("https://example/x", "https://example/x", "a bare address is a text, not data"),
        ({"type": "integer", "value": 3}, "3", "typed"),
        ({"type": "integer", "default": 4}, "4", "an unset input takes its default"),
        ({"type": "boolean", "value": False, "default": True}, "False", "false is a value"),
    ],
)
def test_literals(value: object, text: str, why: str) -> None:
    assert input_values({"x": value}) == ({}, {"x": text}), why


def test_an_optional_input_vanishes_and_another_is_an_error() -> None:
    optional = {"inputs": {"x": {"type": "string", "optional": True}, "y": None}}
    assert input_values(execution_of("command").inputs(optional)) == ({}, {})
    with pytest.raises(Invalid, match="Input 'x' has no value"):
        input_values({"x": {"type": "string"}})


def test_inputs_of_automl_are_its_tables() -> None:
    body: dict[str, Any] = {"training_data": {"type": "mltable", "path": "azureml:t:1"}, "inputs": {"x": 1}}
    assert input_values(execution_of("automl.classification").inputs(body)) == (
        {"training_data": body["training_data"]},
        {},
    )


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [(None, None), ({}, None), ({"timeout": 5}, 5.0), ({"timeout_minutes": 2}, 120.0 + MARGIN_S)],
)
def test_time_limits(limits: object, seconds: float | None) -> None:
    limits_of = [execution_of(name).time_limit({"limits": limits}) for name in ("command", "automl.regression")]
    assert {limit for limit in limits_of if limit} == ({seconds} if seconds else set())


def test_processes() -> None:
    assert process_count({}) == 1
    assert process_count({"distribution": {"type": "tensorflow"}}) == 1
    servers = {"type": "tensorflow", "worker_count": 2, "parameter_server_count": 1}
    assert process_count({"distribution": servers}) == 3
    assert process_count({"distribution": {"type": "pytorch", "process_count_per_instance": 4}}) == 4


def test_nodes_become_processes_of_one() -> None:
    three = {"instance_count": 3, "instance_type": "STANDARD_DS3_V2"}
    each_two = {"type": "pytorch", "process_count_per_instance": 2}
    for distribution, count in (
        (None, 1),
        ({"type": "mpi"}, 3),
        (each_two, 6),
        ({"type": "tensorflow", "parameter_server_count": 1}, 4),
        ({"type": "tensorflow", "worker_count": 2}, 2),
    ):
        body = {"command": "true", "resources": three, "distribution": distribution}
        found = on_one_node(body)
        assert found["resources"] == {**three, "instance_count": 1}
        if distribution is None or distribution["type"] != "mpi":
            assert process_count(found) == count
        else:
            assert found["distribution"] == {"type": "mpi", "process_count_per_instance": count}
    assert on_one_node({"command": "true", "distribution": each_two}) == {"command": "true", "distribution": each_two}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"distribution": {"type": "mpi"}}, "needs 'mpirun', which is not installed"),
        ({"distribution": {"type": "ray"}}, "does not support distribution 'ray'"),
        ({"resources": {"instance_count": 2}}, "2 nodes"),
    ],
)
def test_what_one_machine_cannot_do(body: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launchers, "which", lambda name: None)
    with pytest.raises(Invalid, match=message) as caught:
        process_count(body)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({}, "jobs/run-1/outputs/model"),
        ({"path": "azureml://datastores/blobs/paths/a/${{name}}/${{output_name}}"}, "datastores/blobs/a/run-1/model"),
        ({"path": "azureml://datastores/${{default_datastore}}/paths/b"}, "datastores/workspaceblobstore/b"),
    ],
)
def test_where_outputs_go(tmp_path: Path, spec: dict[str, Any], place: str) -> None:
    paths = WorkspacePaths(tmp_path)
    assert output_place(paths, JobFolder(paths.job("run-1")), "run-1", "model", spec) == tmp_path / place


@pytest.mark.parametrize("path", ["/etc", "azureml://datastores/blobs/paths/../../x", "https://example/x"])
def test_outputs_stay_in_the_workspace(tmp_path: Path, path: str) -> None:
    paths = WorkspacePaths(tmp_path)
    with pytest.raises(Invalid):
        output_place(paths, JobFolder(paths.job("run-1")), "run-1", "model", {"path": path})
