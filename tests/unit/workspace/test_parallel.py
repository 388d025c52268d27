"""Parallel steps: an entry script over mini-batches in real worker processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Invalid
from orchestrator.core.job_rules import job_refusals
from orchestrator.job_types import discover
from orchestrator.workspace.pipeline.step_types.parallel import FORM
from orchestrator.workspace.programs import parallel

SCRIPT = """
import argparse, os, pathlib, time
import neighbour
def init():
    global by
    parser = argparse.ArgumentParser()
    parser.add_argument('--by')
    by = int(parser.parse_known_args()[0].by)
def run(mini_batch):
    rows = []
    for name in mini_batch:
        text = pathlib.Path(name).read_text()
        if text == 'bad':
            raise ValueError('bad file')
        if text == 'flaky':
            marker = pathlib.Path('seen')
            if not marker.exists():
                marker.write_text('')
                os._exit(3)
        if text == 'slow':
            time.sleep(60)
        if text != 'none':
            rows.append(f'{pathlib.Path(name).name}:{by}{neighbour.END}')
    return rows
def shutdown():
    pathlib.Path('closed').write_text('')
"""


def settings(**changes: Any) -> dict[str, Any]:
    said = {
        "script": "score.py", "size": "2", "workers": 2, "retries": 1, "timeout_s": 20,
        "error_threshold": -1, "batch_threshold": -1, "level": "INFO",
    }  # fmt: skip
    return {**said, **changes}


def run(folder: Path, texts: list[str], **changes: Any) -> tuple[int, str, list[str]]:
    """Run the program on files. Returns its exit code, its log, and the rows."""
    (folder / "score.py").write_text(SCRIPT)
    (folder / "neighbour.py").write_text("END = '!'\n")
    data = folder / "data"
    data.mkdir()
    for number, text in enumerate(texts):
        (data / f"{number}.txt").write_text(text)
    argv = [sys.executable, parallel.__file__, json.dumps(settings(**changes)), str(data), str(folder / "rows")]
    found = subprocess.run([*argv, "--", "--by", "7"], cwd=folder, capture_output=True, text=True, check=False)
    rows = folder / "rows"
    return found.returncode, found.stdout + found.stderr, rows.read_text().split() if rows.exists() else []


def test_rows_of_all_files_in_order(tmp_path: Path) -> None:
    code, log, rows = run(tmp_path, ["a"] * 5)
    assert code == 0, log
    assert rows == [f"{number}.txt:7!" for number in range(5)]
    assert "3 mini-batches, 2 workers" in log and (tmp_path / "closed").exists()


@pytest.mark.parametrize(
    ("texts", "changes", "code", "said"),
    [
        (["a", "bad", "b"], {"size": "1"}, 0, "mini-batch 1, attempt 2 of 2: ValueError: bad file"),
        (
            ["bad", "bad", "a"],
            {"size": "1", "batch_threshold": 1, "retries": 0},
            1,
            "2 mini-batches failed; 1 may fail.",
        ),
        (["bad", "a"], {"error_threshold": 1, "retries": 0}, 1, "2 items failed; 1 may fail."),
        (["none", "a"], {"error_threshold": 0}, 1, "1 items failed; 0 may fail. The last error: fewer rows than items"),
        (["flaky", "a"], {"error_threshold": 0}, 0, "The worker ended with exit code 3."),
        (["slow"], {"timeout_s": 1, "retries": 0, "error_threshold": 0}, 1, "It took longer than 1 s."),
        (["a"], {"script": "absent.py"}, 1, "error: ImportError: There is no entry script 'absent.py'."),
    ],
    ids=["tolerated", "batches", "items", "short", "retried", "slow", "absent"],
)
def test_what_fails(tmp_path: Path, texts: list[str], changes: dict[str, Any], code: int, said: str) -> None:
    found, log, rows = run(tmp_path, texts, **changes)
    assert (found, said in log) == (code, True), log
    assert code or f"{texts.index('a')}.txt:7!" in rows


def test_mini_batches_by_size(tmp_path: Path) -> None:
    for number, size in enumerate((600, 600, 200, 3000, 10)):
        (tmp_path / f"{number}").write_bytes(b"x" * size)
    found = [[Path(file).name for file in batch.files] for batch in parallel.batches_of(tmp_path, "1kb")]
    assert found == [["0"], ["1", "2"], ["3"], ["4"]]
    assert [len(batch.files) for batch in parallel.batches_of(tmp_path, "3")] == [3, 2]
    assert [batch.files for batch in parallel.batches_of(tmp_path / "0", "3")] == [[str(tmp_path / "0")]]


STEP: dict[str, Any] = {
    "type": "parallel",
    "inputs": {"data": {"type": "uri_folder", "path": "x"}, "tries": 4},
    "input_data": "${{inputs.data}}",
    "mini_batch_size": 3,
    "resources": {"instance_count": 2},
    "max_concurrency_per_instance": 2,
    "retry_settings": {"max_retries": "${{inputs.tries}}"},
    "task": {
        "type": "run_function",
        "code": "content://00",
        "entry_script": "score.py",
        "environment": "azureml:e:1",
        "program_arguments": "--model ${{inputs.model}}",
        "append_row_to": "${{outputs.rows}}",
    },
}


def test_a_parallel_step_is_a_command() -> None:
    variant, job = FORM.job(STEP, {})
    assert variant == "command" and (job["code"], job["environment"]) == ("content://00", "azureml:e:1")
    head, _, tail = job["command"].partition("'")
    said, _, rest = tail.partition("'")
    assert head == 'python "$AMLCTL_PROGRAMS"/parallel.py '
    assert rest == " ${{inputs.data}} ${{outputs.rows}} -- --model ${{inputs.model}}"
    assert json.loads(said) == settings(size="3", workers=4, retries=4, timeout_s=60)


def test_nodes_of_a_parallel_step_are_processes_here_and_those_of_a_command_are_refused() -> None:
    kind = discover()["pipeline"]
    said = {"command": "x", "environment": "azureml:e:1", "resources": {"instance_count": 2}}
    stops = [
        [refusal.path for refusal in job_refusals(kind, "pipeline", {"jobs": {"one": step}}) if refusal.stops]
        for step in (STEP, said)
    ]
    assert stops == [[], [("jobs", "one", "resources", "instance_count")]]


@pytest.mark.parametrize("change", [{"input_data": "data"}, {"task": {}}, {"partition_keys": ["a"]}])
def test_what_a_parallel_step_needs(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        FORM.job({**STEP, **change}, {})
