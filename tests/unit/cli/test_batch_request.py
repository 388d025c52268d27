"""What a command line asks of a batch endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from orchestrator.cli.batch_request import batch_request
from orchestrator.core.address import Address
from orchestrator.core.batch import BatchJob, settled
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation

FILE = """
inputs:
  rows: {type: uri_folder, path: data}
  mode: {type: string, default: fast}
  depth: 3
outputs:
  score: {type: uri_file, path: "azureml://datastores/d/paths/x.csv"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a=b.csv").write_text("")
    (tmp_path / "inputs.yml").write_text(FILE)
    return tmp_path


def test_data_of_every_sort(folder: Path) -> None:
    data = str(folder / "data")
    table: list[tuple[str, dict[str, Any]]] = [
        ("data", {"input": {"type": "uri_folder", "path": data}}),
        ("data/a=b.csv", {"input": {"type": "uri_file", "path": f"{data}/a=b.csv"}}),
        ("azureml:rows:3", {"input": {"type": "uri_folder", "path": "azureml:rows:3"}}),
        ("azureml://datastores/d/paths/x/y.csv", {"input": {"type": "uri_file", "path": "azureml://datastores/d/paths/x/y.csv"}}),
        ("https://host/x.csv?sig=1", {"input": {"type": "uri_file", "path": "https://host/x.csv?sig=1"}}),
        ("rows=data", {"rows": {"type": "uri_folder", "path": data}}),
        ("rate=0.5", {"rate": 0.5}),
        ("mode=slow", {"mode": "slow"}),
    ]  # fmt: skip
    for text, expected in table:
        assert batch_request("", [text], None, [], None).inputs == expected, text


def test_a_file_of_inputs_and_what_overrides_it(folder: Path) -> None:
    found = batch_request(
        "blue",
        ["depth=4"],
        folder / "inputs.yml",
        ["inputs.mode=slow", "compute.instance_count=2", "mini_batch_size=5", "retry_settings.max_retries=0"],
        None,
    )
    assert found.inputs == {
        "rows": {"type": "uri_folder", "path": str(folder / "data")},
        "mode": "slow",
        "depth": 4,
    }
    assert found.settings == {"instance_count": 2, "mini_batch_size": 5, "max_retries": 0}
    assert found.outputs == {"score": {"type": "uri_file", "path": "azureml://datastores/d/paths/x.csv"}}
    assert found.deployment == "blue"
    there = batch_request("", ["data"], None, [], "azureml://datastores/d/paths/y").outputs
    assert there == {"score": {"type": "uri_folder", "path": "azureml://datastores/d/paths/y"}}


@pytest.mark.parametrize(
    ("inputs", "changes", "said"),
    [
        (["absent"], [], "no file or folder 'absent'"),
        (["data"], ["x"], "NAME=VALUE"),
        ([], ["mini_batch_size=1"], "--input"),
    ],
)
def test_what_cannot_be_understood(inputs: list[str], changes: list[str], said: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        batch_request("", inputs, None, changes, None)
    assert said in caught.value.message


def test_waiting_tells_how_far_a_job_is() -> None:
    """Each piece of news once; whoever gives up gets no job."""
    looks = [("Queued", None), ("Running", 0), ("Running", 3), ("Running", 3), ("Completed", 4)]

    class Endpoints:
        def batch_job(self, endpoint: Address, name: str) -> BatchJob:
            status, done = looks.pop(0)
            health = Health.HEALTHY if status == "Completed" else Health.PROGRESSING
            return BatchJob(
                name=name, deployment="", status=status, health=health, done=done, total=None if done is None else 4
            )

    class Instant(Cancellation):
        def sleep(self, seconds: float) -> bool:
            return False

    told: list[str] = []
    endpoint = Address("batch_endpoints", "e")
    job = settled(Endpoints(), endpoint, "j", Instant(), told.append, lambda: False)  # type: ignore[arg-type]
    assert job is not None and job.done == 4
    assert told == [
        "Queued",
        "Running: 0 of 4 mini-batches",
        "Running: 3 of 4 mini-batches",
        "Completed: 4 of 4 mini-batches",
    ]
    looks = [("Running", 1)]
    assert settled(Endpoints(), endpoint, "j", Instant(), told.append, lambda: True) is None  # type: ignore[arg-type]
