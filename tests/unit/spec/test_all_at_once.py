"""One run tells every mistake: whatever k independent mistakes are put into a sound spec, all k are told, each at its line."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions
from orchestrator.kinds import discover
from orchestrator.spec.load import load

SOUND = {
    "head": "project: demo",
    "workspace": "workspace: {local: {}}",
    "compute": "compute:",
    "cpu": "  cpu: {type: amlcompute, size: Standard_DS3_v2}",
    "environments": "environments:",
    "env": "  env: {image: example/base}",
    "env2": "  env2: {image: example/base}",
    "data": "data:",
    "rows": "  rows: {type: uri_file, path: rows.csv}",
    "more": "  more: {type: uri_file, path: rows.csv}",
    "jobs": "jobs:",
    "train": "  train:",
    "train.command": "    command: python train.py",
    "train.code": "    code: src",
    "train.environment": "    environment: azureml:env@latest",
    "train.compute": "    compute: azureml:cpu",
    "train.limits": "    limits: {timeout: 60}",
    "train.inputs": "    inputs: {rows: {type: uri_file, path: azureml:rows@latest}}",
    "train.outputs": "    outputs: {model: {type: uri_folder}}",
    "train.lifecycle": "    lifecycle: {protect: true}",
    "later": "  later: {type: command, command: ls, environment: azureml:env@latest}",
    "online_endpoints": "online_endpoints:",
    "ep": "  scores:",
    "ep.auth": "    auth_mode: key",
    "ep.tests": "    tests: [{request: {json: 1}}]",
    "ep.deployments": "    deployments:",
    "blue": "      blue: {model: {path: rows.csv}, instance_type: Standard_DS3_v2, environment: azureml:env@latest, instance_count: 1}",
    "ep.traffic": "    traffic: {blue: 100}",
}
"""Line by name; each mistake replaces one."""

MISTAKES: dict[str, list[str]] = {
    "cpu": [
        "  cpu: {type: amlcompute, size: Standard_DS3_v2, max_instance: 3}",
        "  cpu: {type: amlcompute, size: Standard_DS3_v2, min_instances: 5, max_instances: 2}",
        "  cpu: {type: amlcluster}",
        "  cpu: {type: amlcompute, size: Standard_DS3_v2, lifecycle: {protect: maybe}}",
    ],
    "env": ["  env: {conda_file: {dependencies: [pip]}}", "  env: {image: [a]}", "  env: {image: example/base, conda_file: ./no.yml}"],
    "env2": ["  env2: [1]", "  env2: {image: '${var.nope}'}", "  env2: {imag: example/base, build: {path: src}}"],
    "rows": ["  rows: {type: uri_file, path: nowhere.csv}", "  rows: {type: uri_file, path: src}"],
    "more": ["  more: {type: csv, path: rows.csv}", "  more: {type: uri_file}", "  'a b': {type: uri_file, path: rows.csv}"],
    "train.command": ["    command: [python]", "    comand: python train.py", "    command: python ${{inputs.nope}}"],
    "train.code": ["    code: ./scr"],
    "train.environment": ["    environment: azureml:a@b@c", "    environment: 3"],
    "train.compute": ["    compute: ${compute.nope}"],
    "train.limits": ["    limits: {timeout: 0}", "    limits: {timeout: soon}", "    limits: {time: 3}"],
    "train.inputs": [
        "    inputs: {rows: {type: uri_file, path: '${data.nope}'}}",
        "    inputs: {rows: {type: uri_folder, path: ./not-here}}",
        "    inputs: {rows: {type: uri_file, path: azureml:rows@latest, mode: rw_mount}}",
    ],
    "train.outputs": ["    outputs: {'../x': {type: uri_folder}}", "    outputs: [model]"],
    "train.lifecycle": [
        "    lifecycle: {depends_on: [data.nope]}",
        "    lifecycle: {protect: '${data.rows.id}'}",
        "    lifecycle: {on_removal: '${data.rows.id}'}",
        "    lifecycle: 3",
    ],
    "later": [
        "  later: 3",
        "  later: {type: finetuning}",
        "  later: {code: ./missing}",
        "  later: {type: command, command: '${jobs.nope.outputs.x}', environment: azureml:env@latest}",
    ],
    "ep.auth": ["    auth_mode: password", "    auth: key"],
    "ep.tests": ["    tests: [{request: {file: no.json}}]",
        "    tests: [{request: {json: 1}, timeout: '${jobs.train.id}'}]", "    tests: 3"],
    "blue": [
        "      blue: {model: {path: gone.bin}, instance_type: S, environment: azureml:env@latest}",
        "      blue: {model: {path: rows.csv}, environment: azureml:env@latest}",
        "      blue: {model: {path: rows.csv}, instance_type: S, environment: azureml:env@latest, instance_count: 0}",
    ],
    "ep.traffic": ["    traffic: {blue: 90}", "    traffic: {bleu: 100}", "    traffic: {blue: all}"],
}  # fmt: skip


def lines_told(folder: Path, lines: dict[str, str]) -> set[int]:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "train.py").write_text("pass\n")
    (folder / "rows.csv").write_text("x,y\n1,2\n")
    (folder / "spec.yaml").write_text("\n".join(lines.values()) + "\n")
    try:
        load([folder / "spec.yaml"], LoadOptions(), discover())
    except SpecError as failure:
        assert all(found.subject is not None and found.detail for found in failure.diagnostics)
        return {found.subject.line for found in failure.diagnostics if found.subject is not None}
    return set()


def test_the_sound_spec_is_sound(tmp_path: Path) -> None:
    assert lines_told(tmp_path, SOUND) == set()


@st.composite
def mistakes(draw: st.DrawFn) -> dict[str, str]:
    places = draw(st.lists(st.sampled_from(sorted(MISTAKES)), min_size=1, max_size=8, unique=True))
    return {place: draw(st.sampled_from(MISTAKES[place])) for place in places}


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mistakes())
def test_all_mistakes_are_told_in_one_run(tmp_path: Path, made: dict[str, str]) -> None:
    told = lines_told(tmp_path, SOUND | made)
    numbers = {place: number for number, place in enumerate(SOUND, start=1)}
    assert {place for place in made if numbers[place] not in told} == set()
