"""Work that really runs: jobs and endpoints, through the real client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_for

TRAIN = """
import os, pathlib, sys
text = pathlib.Path(sys.argv[1]).read_text()
print("MLFLOW_TRACKING_TOKEN is", os.environ["MLFLOW_TRACKING_TOKEN"])
print("training on", len(text), "characters")
(pathlib.Path(sys.argv[2]) / "model.txt").write_text(text)
"""
SCORE = """
import json, os, pathlib

def init():
    global text
    text = next(p for p in pathlib.Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.txt")).read_text()

def run(data):
    return {"text": text, "asked": json.loads(data)}
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    (folder / "score.py").write_text(SCORE)
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    return folder


def prepare(client: Any, code: Path) -> None:
    from azure.ai.ml.entities import AmlCompute, Data, Environment

    client.compute.begin_create_or_update(AmlCompute(name="cpu", size="Standard_DS3_v2")).result()
    client.data.create_or_update(Data(name="d", version="1", type="uri_file", path=str(code.parent / "a.csv")))
    client.environments.create_or_update(Environment(name="e", version="1", image="python:3.11"))


def train(client: Any, code: Path, **more: Any) -> Any:
    from azure.ai.ml import Input, Output, command

    job = command(
        command="python train.py ${{inputs.d}} ${{outputs.m}}",
        code=str(code),
        environment="e:1",
        compute="cpu",
        inputs={"d": Input(type="uri_file", path="d:1")},
        outputs={"m": Output(type="uri_folder")},
        experiment_name="heart",
        **more,
    )
    return client.jobs.create_or_update(job)


def test_a_command_job_runs_and_is_followed_to_its_end(
    client: Any, code: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(client, code)
    job = train(client, code, tags={"team": "heart"})
    client.jobs.stream(job.name)
    log = capsys.readouterr().out
    assert "training on 8 characters" in log
    assert "MLFLOW_TRACKING_TOKEN is (secret MLFLOW_TRACKING_TOKEN)" in log
    done = client.jobs.get(job.name)
    assert (done.status, done.experiment_name, done.tags) == ("Completed", "heart", {"team": "heart"})
    assert [one.name for one in client.jobs.list()] == [job.name]
    assert client.jobs.show_services(job.name) is None
    client.jobs.download(job.name, download_path=str(tmp_path / "got"), all=True)
    assert {path.name for path in (tmp_path / "got").rglob("*") if path.is_file()} >= {"std_log.txt", "model.txt"}


def test_a_named_output_is_an_asset_once_the_job_has_completed(client: Any, code: Path, tmp_path: Path) -> None:
    from azure.ai.ml import Input, Output, command

    prepare(client, code)
    job = command(
        command="echo hello > ${{outputs.x}}/a.txt; echo hello > ${{outputs.m}}/a.txt",
        environment="e:1",
        compute="cpu",
        outputs={
            "x": Output(type="uri_folder", name="clean", version="1"),
            "m": Output(type="custom_model", name="made"),
        },
    )
    job = client.jobs.create_or_update(job)
    client.jobs.stream(job.name)
    data, model = client.data.get("clean", version="1"), client.models.get("made", label="latest")
    assert (data.type, data.properties["azureml.jobName"]) == ("uri_folder", job.name)
    assert (model.type, model.version, model.job_name) == ("custom_model", "1", job.name)
    assert client.jobs.get(job.name).outputs["x"].name == "clean"
    client.models.download("made", "1", download_path=str(tmp_path / "got"))
    assert [path.read_text() for path in (tmp_path / "got").rglob("a.txt")] == ["hello\n"]
    reader = command(
        command="grep hello ${{inputs.i}}/a.txt",
        environment="e:1",
        compute="cpu",
        inputs={"i": Input(type="uri_folder", path="azureml:clean:1")},
    )
    client.jobs.stream(client.jobs.create_or_update(reader).name)


def test_a_failing_job_says_why(client: Any, code: Path) -> None:
    from azure.ai.ml import command
    from azure.ai.ml.exceptions import JobException

    prepare(client, code)
    job = client.jobs.create_or_update(command(command="echo the reason; exit 3", environment="e:1", compute="cpu"))
    with pytest.raises(JobException, match="the reason"):
        client.jobs.stream(job.name)
    assert client.jobs.get(job.name).status == "Failed"


def test_a_job_is_cancelled(client: Any, code: Path) -> None:
    from azure.ai.ml import command

    prepare(client, code)
    job = client.jobs.create_or_update(command(command="sleep 600", environment="e:1", compute="cpu"))
    client.jobs.begin_cancel(job.name).wait()
    assert client.jobs.get(job.name).status == "Canceled"


def test_from_a_job_to_an_answer(client: Any, code: Path, tmp_path: Path) -> None:
    from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model

    prepare(client, code)
    job = train(client, code)
    client.jobs.stream(job.name)
    client.models.create_or_update(
        Model(name="m", version="1", type="custom_model", path=f"azureml://jobs/{job.name}/outputs/m")
    )
    made = client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="heart", auth_mode="key")).result()
    assert made.scoring_uri.startswith("http://127.0.0.1:")
    blue = ManagedOnlineDeployment(
        name="blue", endpoint_name="heart", model="azureml:m:1", environment="e:1",
        code_configuration=CodeConfiguration(code=str(code), scoring_script="score.py"),
        instance_type="Standard_DS2_v2", instance_count=1,
    )  # fmt: skip
    assert client.online_deployments.begin_create_or_update(blue).result().provisioning_state == "Succeeded"
    made.traffic = {"blue": 100}
    assert client.online_endpoints.begin_create_or_update(made).result().traffic == {"blue": 100}
    request = tmp_path / "request.json"
    request.write_text('{"x": 1}')
    answer = client.online_endpoints.invoke("heart", request_file=str(request))
    assert json.loads(answer) == {"text": "x,y\n1,2\n", "asked": {"x": 1}}
    assert client.online_endpoints.get_keys("heart").primary_key
    assert [one.name for one in client.online_endpoints.list()] == ["heart"]
    assert [one.name for one in client.online_deployments.list("heart")] == ["blue"]
    assert client.online_deployments.get_logs("blue", "heart", lines=20)
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError, match="gets 100 percent"):
        client.online_deployments.begin_delete("blue", "heart").result()
    made.traffic = {"blue": 0}
    client.online_endpoints.begin_create_or_update(made).result()
    client.online_deployments.begin_delete("blue", "heart").result()
    client.online_endpoints.begin_delete("heart").result()
    assert list(client.online_endpoints.list()) == []


def test_a_sweep_made_from_a_command_is_followed_and_its_children_are_listed(
    client: Any, code: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from azure.ai.ml import Output, command
    from azure.ai.ml.sweep import BanditPolicy, Choice, Uniform

    prepare(client, code)
    log = "import mlflow,sys; mlflow.log_metric('loss', abs(float(sys.argv[1]) - 2))"
    base = command(
        command=f'python -c "{log}" ${{{{inputs.x}}}} && echo ${{{{inputs.x}}}} > ${{{{outputs.m}}}}/x.txt',
        environment="e:1",
        compute="cpu",
        inputs={"x": 1, "y": 0.5},
        outputs={"m": Output(type="uri_folder")},
        experiment_name="heart",
    )
    sweep = base(x=Choice([1, 2]), y=Uniform(0, 1)).sweep(
        sampling_algorithm="random", primary_metric="loss", goal="Minimize"
    )
    sweep.set_limits(max_total_trials=2, max_concurrent_trials=1, timeout=3600, trial_timeout=600)
    sweep.early_termination = BanditPolicy(slack_amount=50, delay_evaluation=5)
    sweep.sampling_algorithm = "random"
    made = client.jobs.create_or_update(sweep)
    client.jobs.stream(made.name)
    assert "trial 1" in capsys.readouterr().out
    shown = client.jobs.get(made.name)
    assert (shown.status, shown.type, shown.objective.primary_metric) == ("Completed", "sweep", "loss")
    children = {child.name: child.status for child in client.jobs.list(parent_job_name=made.name)}
    assert children == {f"{made.name}_0": "Completed", f"{made.name}_1": "Completed"}
    assert [job.name for job in client.jobs.list()] == [made.name], "children are listed with their parent"
    assert shown.properties["best_child_run_id"] in children
    assert client.jobs.get(shown.properties["best_child_run_id"]).type == "command"
    client.jobs.download(made.name, output_name="m", download_path=str(tmp_path / "got"))
    assert (tmp_path / "got" / "named-outputs" / "m" / "x.txt").read_text().strip() in ("1", "2")


def test_a_cancelled_sweep_takes_its_children_along(client: Any, code: Path) -> None:
    from azure.ai.ml import command
    from azure.ai.ml.sweep import Choice

    prepare(client, code)
    base = command(command="sleep 600 # ${{inputs.x}}", environment="e:1", compute="cpu", inputs={"x": 1})
    sweep = base(x=Choice([1, 2])).sweep(sampling_algorithm="grid", primary_metric="loss", goal="Minimize")
    sweep.set_limits(max_total_trials=2)
    made = client.jobs.create_or_update(sweep)
    wait_for(lambda: list(client.jobs.list(parent_job_name=made.name)))
    client.jobs.begin_cancel(made.name).result()
    assert client.jobs.get(made.name).status == "Canceled"
    wait_for(lambda: {child.status for child in client.jobs.list(parent_job_name=made.name)} == {"Canceled"})
