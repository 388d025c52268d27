"""Jobs of batch endpoints on a real supervisor: what has been scored is not scored again, and pipelines are deployed too."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.batch import BatchRequest
from orchestrator.core.health import Health
from orchestrator.workspace.batch.runs import BatchRuns
from orchestrator.workspace.batch.scoring import STEP
from orchestrator.workspace.processes.process import members
from orchestrator.workspace.records.record import Record, RecordKey
from tests.e2e.test_jobs import Workspace
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

ENDPOINT = RecordKey("batch_endpoints", "batch_endpoints.e")
SCRIPT = """
import os, pathlib, time
def run(mini_batch):
    place = pathlib.Path(os.environ['PLACE'])
    name = pathlib.Path(mini_batch[0]).name
    if name > '2':
        while not (place / 'go').exists():
            time.sleep(0.02)
    with open(place / 'ran', 'a') as ran:
        ran.write(name + ' ')
    pathlib.Path(os.environ['AZUREML_BI_OUTPUT_PATH'], name + '.own').write_text('')
    return [name]
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text(SCRIPT)
    (tmp_path / "data").mkdir()
    for number in range(6):
        (tmp_path / "data" / str(number)).write_text("")
    workspace = Workspace(tmp_path / "ws")
    workspace.store.insert(Record(*ENDPOINT))
    yield workspace
    workspace.client.shutdown()
    workspace.store.close()


def deploy(workspace: Workspace, name: str, body: dict[str, Any]) -> None:
    address = f"batch_endpoints.e.deployments.{name}"
    workspace.store.insert(Record("batch_endpoints.deployments", address, body=body))


def invoke(workspace: Workspace, deployment: str, inputs: dict[str, Any]) -> Record:
    request = BatchRequest(inputs=inputs, deployment=deployment)
    record = BatchRuns(workspace.paths, workspace.store).make(ENDPOINT, request)
    workspace.client.ensure()
    workspace.client.nudge()
    return record


def ended(workspace: Workspace, run: Record) -> Record:
    def settled() -> Record | None:
        record = workspace.store.get(*run.key)
        return record if record is not None and record.health is not Health.PROGRESSING else None

    found: Record = wait_for(settled)
    assert found.health is Health.HEALTHY, found.message
    return found


def test_mini_batches_that_have_ended_survive_the_death_of_everybody(workspace: Workspace, tmp_path: Path) -> None:
    """And a pipeline is deployed beside, in the same workspace: its job starts while the other waits."""
    deploy(
        workspace,
        "scored",
        {
            "code_configuration": {"code": str(tmp_path / "src"), "scoring_script": "score.py"},
            "environment": {"image": "some/image"},
            "mini_batch_size": 1,
            "retry_settings": {"timeout": 60},
            "environment_variables": {"PLACE": str(tmp_path)},
        },
    )
    component = {
        "type": "pipeline",
        "inputs": {"rows": {"type": "uri_folder"}, "word": {"type": "string", "default": "no"}},
        "outputs": {"list": {"type": "uri_folder"}},
        "jobs": {
            "count": {
                "type": "command",
                "command": "echo ${{inputs.word}} $(ls ${{inputs.rows}} | wc -l) > ${{outputs.list}}/n",
                "environment": {"image": "some/image"},
                "inputs": {"rows": "${{parent.inputs.rows}}", "word": "${{parent.inputs.word}}"},
                "outputs": {"list": "${{parent.outputs.list}}"},
            }
        },
    }
    workspace.store.insert(Record("components", "components.counting", "1", body=component, variant="pipeline"))
    settings = {"continue_on_step_failure": "false"}
    deploy(workspace, "piped", {"component": "azureml:counting:1", "settings": settings})
    data = {"type": "uri_folder", "path": str(tmp_path / "data")}

    scoring = invoke(workspace, "scored", {"rows": data})
    piped = invoke(workspace, "piped", {"rows": data, "word": "yes"})
    wait_for(lambda: (tmp_path / "ran").exists() and (tmp_path / "ran").read_text() == "0 1 2 ")
    counts = BatchRuns(workspace.paths, workspace.store)
    wait_for(lambda: counts.progress(scoring) == (3, 6))
    runner = workspace.folder(f"{scoring.revision}_{STEP}").runner()
    assert runner is not None
    os.kill(workspace.supervisor_pid(), signal.SIGKILL)
    for process in members(runner):
        os.kill(process, signal.SIGKILL)
    (tmp_path / "go").write_text("")
    workspace.client.ensure()
    record = ended(workspace, scoring)
    assert (tmp_path / "ran").read_text().split() == ["0", "1", "2", "3", "4", "5"]
    place = Path(record.attributes["outputs"]["score"])
    assert (place / "predictions.csv").read_text().split() == ["0", "1", "2", "3", "4", "5"]
    assert len(list(place.glob("*.own"))) == 6
    assert counts.progress(scoring) == (6, 6)
    listed = Path(ended(workspace, piped).attributes["outputs"]["list"]) / "n"
    assert listed.read_text().split() == ["yes", "6"]
