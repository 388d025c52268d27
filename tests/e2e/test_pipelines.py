"""Pipelines on a real supervisor: steps are runs, and the death of whoever watches them costs nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.processes.process import members
from orchestrator.workspace.records.record import PARENT, Record
from tests.e2e.test_jobs import Workspace
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

ENV = {"image": "some/image"}
SCORE = "import pathlib\ndef run(files):\n    return [pathlib.Path(file).name for file in files]\n"


def command(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "command", "command": text, "environment": ENV, **fields}


def body(folder: Path) -> dict[str, Any]:
    """Four steps, each of which writes down that it ran; the second waits for a file."""
    ran = f"echo $AZUREML_RUN_ID $AZUREML_ROOT_RUN_ID >> {folder}/ran"
    score = {
        "type": "parallel",
        "inputs": {"data": "${{parent.jobs.prep.outputs.out}}"},
        "outputs": {"rows": {"type": "uri_file"}},
        "input_data": "${{inputs.data}}",
        "mini_batch_size": "1",
        "max_concurrency_per_instance": 2,
        "task": {
            "type": "run_function",
            "code": str(folder / "src"),
            "entry_script": "score.py",
            "environment": ENV,
            "append_row_to": "${{outputs.rows}}",
        },
    }
    nested = {
        "type": "pipeline",
        "inputs": {"rows": "${{parent.jobs.score.outputs.rows}}"},
        "outputs": {"sum": "${{parent.outputs.sum}}"},
        "jobs": {
            "count": command(
                f"{ran}; wc -l < ${{{{inputs.rows}}}} > ${{{{outputs.sum}}}}/lines",
                inputs={"rows": "${{parent.inputs.rows}}"},
                outputs={"sum": "${{parent.outputs.sum}}"},
            )
        },
    }
    return {
        "type": "pipeline",
        "outputs": {"sum": {"type": "uri_folder", "name": "sums"}},
        "jobs": {
            "prep": command(
                f"{ran}; touch ${{{{outputs.out}}}}/a ${{{{outputs.out}}}}/b", outputs={"out": {"type": "uri_folder"}}
            ),
            "wait": command(
                f"{ran}; while [ ! -e {folder}/go ]; do sleep 0.05; done # ${{{{inputs.after}}}}",
                inputs={"after": "${{parent.jobs.prep.outputs.out}}"},
            ),
            "score": score,
            "sub": nested,
            **loop(folder, ran),
        },
    }


def loop(folder: Path, ran: str) -> dict[str, Any]:
    """A step that is repeated three times and waits for the file in its second iteration; a condition on what it says at the end."""
    text = (
        f"{ran}; n=${{{{inputs.n}}}}; while [ $n = 2 -a ! -e {folder}/go ]; do sleep 0.05; done; "
        "echo $((n + 1)) > ${{outputs.next}}; [ $n -lt 3 ] && echo true > ${{outputs.more}} || echo false > ${{outputs.more}}"
    )
    inputs = {"n": 1, "after": "${{parent.jobs.sub.outputs.sum}}"}
    return {
        "turn": command(text, inputs=inputs, outputs={"next": {"type": "integer"}, "more": {"type": "boolean"}}),
        "loop": {"type": "do_while", "body": "${{parent.jobs.turn}}", "condition": "more", "mapping": {"next": ["n"]}},
        "last": {
            "type": "if_else",
            "condition": "${{parent.jobs.turn.outputs.more}}",
            "true_block": "${{parent.jobs.never}}",
        },
        "never": command(ran),
    }


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text(SCORE)
    workspace = Workspace(tmp_path / "ws")
    yield workspace
    workspace.client.shutdown()
    workspace.store.close()


def children(workspace: Workspace, run: str) -> dict[str, Record]:
    runs = [record for record in workspace.store.list("jobs") if record.attributes.get(PARENT) == run]
    return {record.revision: record for record in runs}


def test_a_pipeline_goes_on_though_its_supervisor_and_its_own_process_are_killed(
    workspace: Workspace, tmp_path: Path
) -> None:
    said = body(tmp_path)
    queued = Record("jobs", "jobs.work", "p", body=said, health=Health.PROGRESSING, phase="queued", variant="pipeline")
    workspace.store.insert(queued)
    workspace.client.ensure()
    workspace.client.nudge()
    wait_for(lambda: [r.health for r in children(workspace, "p").values()].count(Health.HEALTHY) == 3)
    wait_for(lambda: "p_loop_turn_2" in children(workspace, "p_loop"))
    before = {name: run.attributes.get("duration_s") for name, run in children(workspace, "p").items()}

    runners = [workspace.folder(run).runner() for run in ("p", "p_loop")]
    os.kill(workspace.supervisor_pid(), signal.SIGKILL)
    for runner in runners:
        assert runner is not None
        for process in members(runner):
            os.kill(process, signal.SIGKILL)
    wait_for(lambda: int(workspace.record("p").attributes.get("attempt") or 1) == 2)
    (tmp_path / "go").write_text("")
    record = workspace.ended("p")
    assert record.health is Health.HEALTHY, record.message
    after = {name: run.attributes.get("duration_s") for name, run in children(workspace, "p").items()}
    assert {name: after[name] for name, took in before.items() if took is not None} == {
        name: took for name, took in before.items() if took is not None
    }
    ran = [line.split() for line in (tmp_path / "ran").read_text().splitlines()]
    assert sorted(ran) == [
        *([f"p_loop_turn_{number}", "p"] for number in (1, 2, 3)),
        ["p_prep", "p"],
        ["p_sub_count", "p"],
        ["p_wait", "p"],
    ]
    assert (Path(record.attributes["outputs"]["sum"]) / "lines").read_text().strip() == "2"
    [asset] = workspace.store.versions("data", "data.sums")
    assert asset.body["properties"]["azureml.jobName"] == "p"
    log = workspace.folder("p").log.read_text()
    assert "Resumed: 5 of 7 steps exist" in log and log.rstrip().endswith("Completed.")
