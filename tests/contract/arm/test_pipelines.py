"""Pipelines of the real client: from functions, from YAML, of commands; followed, listed, downloaded, cancelled."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_for

COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: prep
type: command
inputs:
  data: {type: uri_file}
  factor: {type: number, default: 2}
  note: {type: string, optional: true}
outputs:
  out: {type: uri_folder}
code: ./src
environment: {image: some/image}
command: python prep.py ${{inputs.data}} ${{inputs.factor}} $[[--note ${{inputs.note}}]] ${{outputs.out}}
"""
PREP = "import sys, pathlib\npathlib.Path(sys.argv[-1], 'x').write_text(' '.join(sys.argv[2:-1]))\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "prep.py").write_text(PREP)
    (tmp_path / "prep.yml").write_text(COMPONENT)
    (tmp_path / "data.csv").write_text("a\n")
    return tmp_path


def registered(client: Any, folder: Path) -> Any:
    """The component as the workspace has it, which gives the first version."""
    from azure.ai.ml import load_component

    made = client.components.create_or_update(load_component(folder / "prep.yml"))
    assert (made.name, made.version) == ("prep", "1")
    assert client.components.get("prep").version == "1", "the default version is meant"
    return client.components.get("prep", version="1")


def pipeline(
    client: Any, folder: Path, train: str = "cp ${{inputs.x}}/x ${{outputs.m}}/y && echo trained ${{inputs.lr}}"
) -> Any:
    """A pipeline of a component from YAML, one in a pipeline of its own, and a command."""
    from azure.ai.ml import Input, Output, command, dsl, load_component

    prep = load_component(folder / "prep.yml") if client is None else registered(client, folder)
    fit = command(
        name="train",
        command=train,
        inputs={"x": Input(type="uri_folder"), "lr": 0.1},
        outputs={"m": Output(type="uri_folder")},
        environment="azureml:env:1",
    )

    # The client evaluates annotations, so this module has no postponed ones.
    @dsl.pipeline()  # type: ignore[untyped-decorator]
    def inner(data: Input(type="uri_file"), factor: int = 3):  # type: ignore[no-untyped-def,valid-type]
        again = prep(data=data, factor=factor, note="nested")
        return {"z": again.outputs.out}

    @dsl.pipeline(default_compute="cpu", description="of functions")  # type: ignore[untyped-decorator]
    def whole(data: Input(type="uri_file"), lr: float = 0.3):  # type: ignore[no-untyped-def,valid-type]
        first = prep(data=data)
        second = inner(data=data)
        third = fit(x=second.outputs.z, lr=lr)
        third.environment_variables = {"A": "b"}
        return {"model": third.outputs.m, "first": first.outputs.out}

    return whole(data=Input(type="uri_file", path=str(folder / "data.csv")))


@pytest.fixture
def ready(client: Any) -> Any:
    from azure.ai.ml.entities import AmlCompute, Environment

    client.environments.create_or_update(Environment(name="env", version="1", image="some/image"))
    client.compute.begin_create_or_update(AmlCompute(name="cpu", size="Standard_DS3_v2", max_instances=2)).result()
    return client


def test_a_pipeline_of_functions_runs_and_is_followed(
    ready: Any, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = ready.jobs.create_or_update(pipeline(None, folder), experiment_name="all")
    ready.jobs.stream(job.name)
    said = capsys.readouterr().out
    assert "step third: started" in said and "Completed." in said, said
    assert ready.jobs.get(job.name).status == "Completed"
    children = {child.display_name: child for child in ready.jobs.list(parent_job_name=job.name)}
    assert children.keys() == {"first", "second", "third"}
    assert {child.status for child in children.values()} == {"Completed"}
    assert ready.jobs.get(children["second"].name).type == "pipeline"
    [inner] = ready.jobs.list(parent_job_name=children["second"].name)
    assert inner.display_name == "again"
    ready.jobs.download(job.name, download_path=tmp_path / "down", output_name="model")
    [made] = (tmp_path / "down").rglob("y")
    assert made.read_text() == "3 --note nested"
    again = ready.jobs.create_or_update(pipeline(None, folder), experiment_name="all")
    ready.jobs.stream(again.name)
    assert re.search(r"step third: reused from \S+", capsys.readouterr().out)
    [read] = [one for one in ready.jobs.list() if one.name == again.name]
    assert read.type == "pipeline" and set(read.jobs) == {"first", "second", "third"}


def test_a_pipeline_is_cancelled_with_its_steps(ready: Any, folder: Path) -> None:
    job = ready.jobs.create_or_update(
        pipeline(ready, folder, "sleep 600 # ${{inputs.x}} ${{inputs.lr}} ${{outputs.m}}")
    )

    def running() -> bool:
        children = {child.display_name: child for child in ready.jobs.list(parent_job_name=job.name)}
        return "third" in children and children["third"].status == "Running"

    wait_for(running)
    ready.jobs.begin_cancel(job.name).result()
    assert ready.jobs.get(job.name).status == "Canceled"
    wait_for(lambda: {child.status for child in ready.jobs.list(parent_job_name=job.name)} == {"Completed", "Canceled"})
