"""Pipelines: what a step's job is, in which order steps run, what is used again. No processes: the supervisor is played."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import BackendError, Invalid
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.controlling import ControlRefusal
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder
from orchestrator.workspace.pipeline.controller import Controller
from orchestrator.workspace.pipeline.expressions import FromInput, FromStep, ToOutput, expression
from orchestrator.workspace.pipeline.graph import read_graph
from orchestrator.workspace.pipeline.nodes import spoken, spoken_settings
from orchestrator.workspace.pipeline.sent import sent
from orchestrator.workspace.records.record import CANCEL_REQUESTED, PARENT, STEP, Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.tracking.client import TrackedRun

ENV = {"image": "some/image"}


def command(text: str = "run", **fields: Any) -> dict[str, Any]:
    return {"type": "command", "command": text, "environment": ENV, **fields}


def reads(*steps: str, **fields: Any) -> dict[str, Any]:
    inputs = {step: f"${{{{parent.jobs.{step}.outputs.out}}}}" for step in steps}
    return command("use", inputs=inputs, outputs={"out": {"type": "uri_folder"}}, **fields)


CHAIN: Mapping[str, Any] = {
    "type": "pipeline",
    "experiment_name": "all",
    "inputs": {"data": {"type": "uri_file", "path": "azureml:raw:1"}, "rate": 0.5},
    "outputs": {"model": {"type": "custom_model"}},
    "settings": {"default_compute": "azureml:cpu"},
    "jobs": {
        "prep": command(
            "prep ${{inputs.data}}",
            inputs={"data": "${{parent.inputs.data}}"},
            outputs={"out": {"type": "uri_folder"}},
        ),
        "train": command(
            "train ${{inputs.data}} ${{inputs.rate}}",
            inputs={"data": "${{parent.jobs.prep.outputs.out}}", "rate": "${{parent.inputs.rate}}"},
            outputs={"model": "${{parent.outputs.model}}"},
            compute="azureml:gpu",
        ),
        "report": reads("prep"),
        "check": command("check", inputs={"m": {"path": "${{parent.jobs.train.outputs.model}}", "mode": "download"}}),
    },
}


class Played:
    """A workspace in which steps end as a table says, the oldest first, one at each look."""

    def __init__(self, folder: Path) -> None:
        self.paths = WorkspacePaths(folder)
        self.store = RecordStore(self.paths)
        self.lines: list[str] = []
        self.ran: list[str] = []
        self.most = 0
        self.fails: dict[str, str] = {}
        self.tracked: dict[str, dict[str, float]] = {}

    def start_run(self, run_id: str, experiment: str, name: str, tags: Mapping[str, str]) -> TrackedRun:
        self.tracked[run_id] = {}
        return TrackedRun(run_id, experiment)

    def finish_run(self, run_id: str, status: str) -> None:
        assert status == "FINISHED"

    def log_metric(self, run_id: str, metric: str, value: float) -> None:
        self.tracked[run_id][metric] = value

    def insert(self, run: str, body: Mapping[str, Any]) -> Record:
        record = Record("jobs", "jobs.pipe", run, body=body, variant="pipeline", health=Health.PROGRESSING)
        return self.store.insert(record)

    def lay_out(self, run: Record) -> JobFolder:
        """What preparation does."""
        folder = JobFolder(self.paths.job(run.revision))
        outputs = {name: folder.outputs / name for name in run.body.get("outputs") or {}}
        for place in (folder.logs, folder.outputs, *outputs.values()):
            place.mkdir(parents=True, exist_ok=True)
        RunOrder(run.revision, "", {}, "", outputs={n: str(p) for n, p in outputs.items()}).write(folder)
        return folder

    def controller(self, run: Record) -> Controller:
        self.lay_out(run)
        store = RecordStore(self.paths)
        return Controller(self.paths, store, run, self, self.lines.append, self.pause)

    def run(self, run: str, body: Mapping[str, Any]) -> dict[str, Record]:
        """Run a pipeline. Returns the runs of its steps."""
        self.controller(self.insert(run, body)).run()
        return self.steps(run)

    def steps(self, run: str) -> dict[str, Record]:
        runs = [record for record in self.store.list("jobs") if record.attributes.get(PARENT) == run]
        return {record.attributes[STEP]["name"]: record for record in runs}

    def pause(self) -> None:
        """What the supervisor does between two looks: the oldest step ends."""
        going = [record for record in self.store.list("jobs") if record.health is Health.PROGRESSING]
        going = [record for record in going if PARENT in record.attributes]
        self.most = max(self.most, len(going))
        cancelled = [record for record in going if record.attributes.get(CANCEL_REQUESTED)]
        for record in cancelled or going[:1]:
            self.end(record)

    def end(self, record: Record) -> None:
        name = record.attributes[STEP]["name"]
        if record.attributes.get(CANCEL_REQUESTED):
            self.store.update_status(record.key, health=Health.DEGRADED, phase="cancelled")
            return
        self.ran.append(name)
        folder = self.lay_out(record)
        if why := self.fails.get(name):
            self.store.update_status(record.key, health=Health.DEGRADED, phase="failed", message=why)
            return
        outputs = {port: folder.outputs / port for port in record.body.get("outputs") or {}}
        for place in outputs.values() if record.variant != "pipeline" else ():
            (place / "made").write_text(record.revision)
        made = {port: str(place) for port, place in outputs.items()}
        attributes = {"outputs": made, "metrics": {"score": 1.0}, "duration_s": 1.5}
        self.store.update_status(record.key, health=Health.HEALTHY, phase="completed", attributes=attributes)

    def message(self, run: str, body: Mapping[str, Any]) -> str:
        with pytest.raises((ControlRefusal, BackendError)) as caught:
            self.run(run, body)
        return str(caught.value)


@pytest.fixture
def played(tmp_path: Path) -> Played:
    return Played(tmp_path)


def test_expressions() -> None:
    table = {
        "${{parent.inputs.a}}": FromInput("a"),
        " ${{ parent.inputs.group.member }} ": FromInput("group.member"),
        "${{parent.inputs.a.path}}": FromInput("a"),
        "${{parent.jobs.one.outputs.two}}": FromStep("one", "two"),
        "${{parent.jobs.one.outputs.two.path}}": FromStep("one", "two"),
        "${{parent.outputs.b}}": ToOutput("b"),
        "x ${{parent.inputs.a}}": None,
        "${{inputs.a}}": None,
        "plain": None,
    }
    assert {text: expression(text) for text in table} == table
    assert expression(5) is None


def test_steps_run_as_data_flow_side_by_side_and_the_pipeline_gets_their_outputs(played: Played) -> None:
    steps = played.run("pipe", CHAIN)
    assert played.ran == ["prep", "train", "report", "check"] and played.most == 2
    train = steps["train"]
    assert (train.revision, train.variant, train.body["display_name"]) == ("pipe_train", "command", "train")
    assert train.body["inputs"] == {
        "data": {"type": "uri_folder", "path": "azureml://jobs/pipe_prep/outputs/out"},
        "rate": 0.5,
    }
    assert train.body["outputs"] == {"model": {"type": "custom_model"}}, "the type that the pipeline promises"
    assert steps["prep"].body["inputs"] == {"data": {"type": "uri_file", "path": "azureml:raw:1"}}
    assert steps["check"].body["inputs"]["m"] == {
        "type": "custom_model", "path": "azureml://jobs/pipe_train/outputs/model", "mode": "download"
    }  # fmt: skip
    assert [steps[name].body["compute"] for name in ("prep", "train")] == ["azureml:cpu", "azureml:gpu"]
    assert {step.body["experiment_name"] for step in steps.values()} == {"all"}
    folder = JobFolder(played.paths.job("pipe"))
    assert (folder.outputs / "model" / "made").read_text() == "pipe_train"
    result = json.loads(folder.metrics.read_text())
    assert result["steps"] == dict.fromkeys(CHAIN["jobs"], "completed") and result["reused"] == []


COMPONENT: Mapping[str, Any] = {
    "name": "scale", "type": "command", "command": "scale $[[--by ${{inputs.by}}]]", "environment": "azureml:env:1",
    "inputs": {
        "data": {"type": "uri_file", "mode": "download"},
        "factor": {"type": "number", "default": "2"},
        "by": {"type": "string", "optional": True},
    },
    "outputs": {"out": {"type": "uri_folder"}},
}  # fmt: skip


@pytest.mark.parametrize("said", [COMPONENT, "azureml:scale:1", "azureml:scale@latest", "azureml:scale"])
def test_a_component_is_in_the_body_or_registered(played: Played, said: Any) -> None:
    played.store.insert(Record("codes", "codes.abc", "1", body={"path": "content://00"}))
    played.store.insert(Record("components", "components.scale", "1", body={**COMPONENT, "code": "azureml:abc:1"}))
    node = {"component": said, "inputs": {"data": "azureml:raw:1", "by": "${{parent.inputs.none}}"}}
    body = {"type": "pipeline", "inputs": {"none": {"type": "string", "optional": True}}, "jobs": {"one": node}}
    job = played.run("pipe", body)["one"].body
    assert job["command"] == COMPONENT["command"] and job["environment"] == "azureml:env:1"
    assert job["inputs"] == {"data": {"type": "uri_file", "mode": "download", "path": "azureml:raw:1"}, "factor": "2"}
    assert job["outputs"] == {"out": {"type": "uri_folder"}}
    assert job.get("code") == (None if said is COMPONENT else "content://00")


def test_what_a_step_says_of_its_component_counts(played: Played) -> None:
    node = {
        "type": "command",
        "component": {**COMPONENT, "environment_variables": {"A": "1"}, "resources": {"instance_count": 2}},
        "inputs": {"data": {"path": "azureml:raw:1", "mode": "ro_mount"}, "factor": "${{parent.inputs.f}}"},
        "outputs": {"out": {"mode": "upload", "name": "kept", "version": "3"}},
        "environment_variables": {"A": "2", "B": "x-${{parent.inputs.f}}"},
        "resources": {"instance_count": 1},
        "limits": {"timeout": 5},
        "display_name": "Scaled",
    }
    job = played.run(
        "pipe", {"type": "pipeline", "inputs": {"f": {"type": "number", "default": 3}}, "jobs": {"a": node}}
    )
    body = job["a"].body
    assert body["inputs"]["data"] == {"type": "uri_file", "mode": "ro_mount", "path": "azureml:raw:1"}
    assert body["inputs"]["factor"] == 3
    assert body["outputs"]["out"] == {"type": "uri_folder", "mode": "upload", "name": "kept", "version": "3"}
    assert body["environment_variables"] == {"A": "2", "B": "x-3"}
    assert (body["resources"], body["limits"], body["display_name"]) == (
        {"instance_count": 1},
        {"timeout": 5},
        "Scaled",
    )


def test_a_sweep_step_searches_a_component(played: Played) -> None:
    node = {
        "type": "sweep",
        "trial": {**COMPONENT, "command": "fit ${{inputs.factor}}"},
        "inputs": {"data": {"type": "uri_file", "path": "azureml:raw:1"}},
        "search_space": {"factor": {"type": "choice", "values": [1, 2]}},
        "objective": {"goal": "maximize", "primary_metric": "acc"},
        "limits": {"max_total_trials": 2},
    }
    record = played.run("pipe", {"type": "pipeline", "jobs": {"tune": node}})["tune"]
    assert record.variant == "sweep"
    assert record.body["trial"] == {"command": "fit ${{inputs.factor}}", "environment": "azureml:env:1"}
    assert record.body["inputs"].keys() == {"data"}, "what is searched has no fixed value"
    assert record.body["outputs"] == {"out": {"type": "uri_folder"}}


def test_an_automl_step_gets_its_tables(played: Played) -> None:
    node = {
        "type": "automl",
        "task": "classification",
        "training_data": "${{parent.jobs.prep.outputs.out}}",
        "validation_data": {"type": "mltable", "path": "${{parent.inputs.valid}}"},
        "outputs": {"best_model": {"type": "mlflow_model"}},
    }
    jobs = {"prep": reads(), "search": node, "use": command(inputs={"m": "${{parent.jobs.search.outputs.best_model}}"})}
    body = {"type": "pipeline", "jobs": jobs, "inputs": {"valid": {"type": "mltable", "path": "azureml:v:1"}}}
    steps = played.run("pipe", body)
    assert steps["search"].variant == "automl.classification"
    assert steps["search"].body["training_data"]["path"] == "azureml://jobs/pipe_prep/outputs/out"
    assert steps["search"].body["validation_data"] == {"type": "mltable", "path": "azureml:v:1"}
    assert steps["use"].body["inputs"]["m"]["type"] == "mlflow_model"


def test_a_pipeline_in_a_pipeline_is_a_run_of_its_own(played: Played) -> None:
    inner = {
        "type": "pipeline",
        "inputs": {"n": {"type": "integer", "default": 3}, "data": {"type": "uri_file"}},
        "outputs": {"z": {"type": "uri_folder"}},
        "jobs": {
            "one": command(
                "one", inputs={"n": "${{parent.inputs.n}}"}, outputs={"out": "${{parent.outputs.z}}"}
            )
        },
    }  # fmt: skip
    jobs = {
        "sub": {"type": "pipeline", "component": inner, "inputs": {"data": "${{parent.inputs.data}}"}},
        "after": command(inputs={"z": "${{parent.jobs.sub.outputs.z}}"}),
    }
    body = {**CHAIN, "jobs": jobs, "outputs": {}, "settings": {"default_compute": "azureml:cpu", "force_rerun": True}}
    record = played.run("pipe", body)["sub"]
    assert record.variant == "pipeline" and record.body["compute"] == "azureml:cpu"
    assert record.body["settings"] == {"continue_on_step_failure": False, "force_rerun": True}
    assert record.body["inputs"] == {"data": {"type": "uri_file", "path": "azureml:raw:1"}, "n": 3}
    nested = played.controller(record)
    nested.run()
    assert played.steps("pipe_sub")["one"].body["inputs"] == {"n": 3}
    assert (JobFolder(played.paths.job("pipe_sub")).outputs / "z" / "made").read_text() == "pipe_sub_one"


def test_unchanged_steps_are_not_run_again_and_a_changed_one_runs_with_what_follows(played: Played) -> None:
    def changed(step: str, **fields: Any) -> dict[str, Any]:
        return {**CHAIN, "jobs": {**CHAIN["jobs"], step: {**CHAIN["jobs"][step], **fields}}}

    played.run("a", CHAIN)
    table = [
        ("b", CHAIN, set()),
        ("c", changed("train", command="other"), {"train", "check"}),
        ("d", changed("prep", tags={"x": "y"}, display_name="Preparation", limits={"timeout": 9}), set()),
        ("e", changed("prep", environment={"image": "other"}), set(CHAIN["jobs"])),
        ("f", {**CHAIN, "inputs": {**CHAIN["inputs"], "rate": 0.7}}, {"train", "check"}),
        ("g", {**CHAIN, "settings": {"force_rerun": True}}, set(CHAIN["jobs"])),
        ("h", changed("prep", is_deterministic=False), set(CHAIN["jobs"])),
        ("i", changed("report", outputs={"out": {"path": "azureml://datastores/x/paths/y"}}), {"report"}),
    ]
    for run, body, expected in table:
        played.ran.clear()
        steps = played.run(run, body)
        assert set(played.ran) == expected, run
        result = json.loads(JobFolder(played.paths.job(run)).metrics.read_text())
        assert set(result["reused"]) == set(CHAIN["jobs"]) - expected, run
        assert all(step.health is Health.HEALTHY for step in steps.values())
    again = played.steps("b")["train"]
    assert again.attributes[STEP]["reused_from"] == "a_train"
    place = Path(again.attributes["outputs"]["model"])
    assert place.is_relative_to(played.paths.job("b_train")) and (place / "made").read_text() == "a_train"
    assert (JobFolder(played.paths.job("b")).outputs / "model" / "made").read_text() == "a_train"
    assert played.tracked[again.attributes["mlflow_run_id"]] == {"score": 1.0}
    assert "step train: reused from a_train" in played.lines and "Completed; 4 of 4 steps reused." in played.lines


def test_other_content_behind_the_same_path_is_a_change(played: Played, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    body = {"type": "pipeline", "jobs": {"a": command(inputs={"t": {"type": "uri_file", "path": str(table)}})}}
    for run, text, expected in (("a", "1", ["a"]), ("b", "1", []), ("c", "2", ["a"])):
        played.ran.clear()
        table.write_text(text)
        played.run(run, body)
        assert played.ran == expected, run


def test_a_result_that_is_gone_is_made_again(played: Played) -> None:
    played.run("a", CHAIN)
    (JobFolder(played.paths.job("a_prep")).outputs / "out" / "made").unlink()
    (JobFolder(played.paths.job("a_prep")).outputs / "out").rmdir()
    played.ran.clear()
    played.run("b", CHAIN)
    assert played.ran == ["prep"]


def test_a_failed_step_ends_the_pipeline_and_is_named(played: Played) -> None:
    played.fails = {"train": "Exit code 3.\nline one\nValueError: no such column"}
    message = played.message("pipe", CHAIN)
    assert message.splitlines()[0] == "Step 'train' failed (run pipe_train): Exit code 3."
    assert message.endswith("ValueError: no such column")
    steps = played.steps("pipe")
    assert steps["report"].phase == "cancelled" and "check" not in steps
    result = json.loads(JobFolder(played.paths.job("pipe")).metrics.read_text())
    assert result["steps"]["check"] == "not run"


def test_a_failed_step_ends_only_what_needs_it_if_so_wanted(played: Played) -> None:
    played.fails = {"train": "Exit code 3."}
    for value in (True, "true"):
        played.ran.clear()
        message = played.message(
            f"pipe{value}", {**CHAIN, "settings": {"continue_on_step_failure": value, "force_rerun": True}}
        )
        assert played.ran == ["prep", "train", "report"] and "'train' failed" in message


def test_what_runs_first_and_last(played: Played) -> None:
    jobs = {"end": command(), "work": command(), "begin": command()}
    settings = {"on_init": "begin", "on_finalize": "end"}
    body = {"type": "pipeline", "jobs": jobs, "settings": settings}
    played.run("a", body)
    assert played.ran == ["begin", "work", "end"]
    played.ran.clear()
    played.fails = {"work": "Exit code 1."}
    assert "'work' failed" in played.message("b", {**body, "settings": {**settings, "force_rerun": True}})
    assert played.ran == ["begin", "work", "end"]


def test_begun_again_it_repeats_no_step(played: Played) -> None:
    class Killed(Exception):
        pass

    record = played.insert("pipe", CHAIN)
    for count in (1, 3):
        killed = played.controller(record)

        def die(count: int = count) -> None:
            played.pause()
            if len(played.ran) == count:
                raise Killed

        killed._pause = die
        with pytest.raises(Killed):
            killed.run()
    played.controller(record).run()
    assert sorted(played.ran) == sorted(CHAIN["jobs"])


def test_a_new_try_repeats_what_has_failed_only(played: Played) -> None:
    played.fails = {"train": "Exit code 1."}
    played.message("pipe", CHAIN)
    played.fails, ran = {}, played.ran.copy()
    [record] = [record for record in played.store.list("jobs") if record.revision == "pipe"]
    with pytest.raises(ControlRefusal):
        played.controller(record).run()  # begun again after a kill: what has failed has failed
    assert played.ran == ran
    played.controller(played.store.update_body(record)).run()
    assert ran == ["prep", "train"] and played.ran == [*ran, "train", "report", "check"]


def test_secrets_reach_the_steps_that_they_belong_to(played: Played) -> None:
    secret = {"KEY": {"$secret": "k"}}
    jobs = {"a": command(environment_variables=secret), "b": command("b")}
    record = played.insert("pipe", {"type": "pipeline", "jobs": jobs})
    place = ("jobs", "a", "environment_variables", "KEY")
    SecretFiles(played.paths).put(record.key, [(place, "hidden")], {"k": "hidden"})
    played.controller(record).run()
    steps = played.steps("pipe")
    revealed = {name: SecretFiles(played.paths).reveal(step) for name, step in steps.items()}
    assert revealed["a"]["environment_variables"] == {"KEY": "hidden"}
    assert revealed["b"]["command"] == "b" and "hidden" not in json.dumps(revealed["b"])


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({}, "The pipeline has no steps."),
    ({"a": reads("b"), "b": reads("a")}, "Steps wait for each other: a, b."),
    ({"a": reads("bb"), "bbb": command()}, "Step 'a' reads an output of 'bb', which is not a step."),
    ({"a": {"component": "azureml:scael:1"}}, "There is no component 'azureml:scael:1' in the workspace."),
    ({"a": {"component": COMPONENT}}, "Input 'data' of step 'a' has no value."),
    ({"a": {"component": COMPONENT, "inputs": {"dat": 1}}}, "The component of step 'a' has no input 'dat'."),
    ({"a": reads(), "b": command(inputs={"x": "${{parent.jobs.a.outputs.ou}}"})}, "Step 'a' has no output 'ou'."),
    ({"a": {"type": "weird"}}, "does not run steps of type weird"),
    ({"a": {}}, "Step 'a' does not say its type."),
]  # fmt: skip


def test_what_cannot_run_is_said(played: Played) -> None:
    played.store.insert(Record("components", "components.scale", "1", body=COMPONENT))
    for number, (jobs, expected) in enumerate(PROBLEMS):
        assert expected in played.message(f"pipe{number}", {"type": "pipeline", "jobs": jobs}), expected


def test_steps_as_the_client_sends_them() -> None:
    """Source: azure-ai-ml 1.35, what ``PipelineJob._to_rest_object`` makes."""
    scope = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    sent = {
        "name": "p",
        "type": "command",
        "_source": "BUILDER",
        "componentId": f"{scope}/components/prep/versions/1",
        "computeId": f"{scope}/computes/cpu",
        "inputs": {
            "rate": {"job_input_type": "literal", "value": "${{parent.inputs.lr}}"},
            "data": {"job_input_type": "uri_file", "uri": "azureml:raw:1", "mode": "ReadOnlyMount"},
        },
        "outputs": {
            "m": {"value": "${{parent.outputs.model}}", "type": "literal"},
            "n": {"job_output_type": "uri_folder", "mode": "Upload", "name": "kept", "version": 3},
            "o": {"value": "${{parent.outputs.model}}", "type": "literal", "mode": "ReadWriteMount"},
        },
        "environment_variables": {"A": "b"},
    }
    said = {
        "type": "command",
        "component": "azureml:prep:1",
        "compute": "azureml:cpu",
        "inputs": {
            "rate": "${{parent.inputs.lr}}",
            "data": {"type": "uri_file", "path": "azureml:raw:1", "mode": "ro_mount"},
        },
        "outputs": {
            "m": "${{parent.outputs.model}}",
            "n": {"type": "uri_folder", "mode": "upload", "name": "kept", "version": "3"},
            "o": {"path": "${{parent.outputs.model}}", "mode": "rw_mount"},
        },
        "environment_variables": {"A": "b"},
    }
    assert spoken(sent) == said and spoken(said) == said
    trial = {
        "type": "sweep",
        "trial": {"properties": {"componentSpec": {"command": "x", "code": f"{scope}/codes/c/versions/1"}}},
    }
    assert spoken(trial)["trial"] == {"command": "x", "code": "azureml:c:1"}
    by_id = {"type": "sweep", "trial": {"componentId": f"{scope}/components/t/versions/1"}}
    assert spoken(by_id)["trial"] == "azureml:t:1"
    settings = {"default_compute": f"{scope}/computes/cpu", "_source": "DSL", "force_rerun": True}
    assert spoken_settings(settings) == {"default_compute": "azureml:cpu", "force_rerun": True}


def test_a_graph_needs_an_order_even_with_a_first_step() -> None:
    with pytest.raises(Invalid, match="wait for each other"):
        read_graph({"jobs": {"a": reads("b"), "b": command()}, "settings": {"on_init": "a"}})


LIMITS = {
    "a step of the client": ({"timeout": "PT2M", "job_limits_type": "Command"}, {"timeout": 120}),
    "a sweep": ({"max_total_trials": 3, "trial_timeout": "PT0.5S"}, {"max_total_trials": 3, "trial_timeout": 0.5}),
    "a body": ({"timeout": 60}, {"timeout": 60}),
    "an expression": ({"timeout": "${{parent.inputs.t}}"}, {"timeout": "${{parent.inputs.t}}"}),
    "AutoML": ({"timeout_minutes": 5}, {"timeout_minutes": 5}),
}


@pytest.mark.parametrize(("wire", "said"), LIMITS.values(), ids=LIMITS)
def test_limits_of_a_step_are_seconds_in_a_body_and_durations_on_the_wire(wire: Any, said: Any) -> None:
    assert spoken({"type": "command", "limits": wire})["limits"] == said
    shown = sent("a", {"type": "command", "limits": said})["limits"]
    assert {name for name, value in shown.items() if isinstance(value, str)} == shown.keys() & {
        "timeout",
        "trial_timeout",
    }
