"""Conditions and loops of pipelines: what runs, how often, and with which values. No processes: the supervisor is played."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Invalid
from orchestrator.core.health import Health
from orchestrator.workspace.jobs.controlling import ControlRefusal
from orchestrator.workspace.jobs.folder import JobFolder
from orchestrator.workspace.jobs.places import is_value
from orchestrator.workspace.pipeline.flow import items_of, truth
from orchestrator.workspace.records.record import PARENT, STEP, Record
from orchestrator.workspace.records.secrets import SecretFiles
from tests.unit.workspace.test_pipeline import Played, command

LITERALS = ("x", "n")


class Flowing(Played):
    """A workspace in which steps write values too, and pipelines inside are run.

    Attributes:
        values: step to a function from its run's inputs to what it writes into its outputs that are values.
        seen: the literal inputs of each run that was ended, by name of the step.
        die: after so many ends the controller of a loop is killed, once.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.values: dict[str, Callable[[Mapping[str, Any]], str]] = {}
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.open: list[str] = []
        self.broken: set[str] = set()

    def pause(self) -> None:
        going = [r for r in self.store.list("jobs") if r.health is Health.PROGRESSING and r.attributes.get(PARENT)]
        mine = [r for r in going if r.attributes[PARENT] == (self.open or ["pipe"])[-1]]
        self.most = max(self.most, len(mine))
        for record in mine[:1]:
            self.end(record)

    def lay_out(self, run: Record) -> JobFolder:
        folder = super().lay_out(run)
        for name, port in (run.body.get("outputs") or {}).items():
            if is_value(port) and (folder.outputs / name).is_dir():
                (folder.outputs / name).rmdir()
        return folder

    def end(self, record: Record) -> None:
        if record.variant == "pipeline":
            self.nested(record)
            return
        name = record.attributes[STEP]["name"]
        inputs = record.body.get("inputs") or {}
        self.seen.append((name, {key: value for key, value in inputs.items() if not isinstance(value, Mapping)}))
        folder = self.lay_out(record)
        ports = record.body.get("outputs") or {}
        for port in [port for port, said in ports.items() if is_value(said)]:
            make = self.values.get(f"{name.rpartition('_')[0] or name}.{port}") or self.values.get(f"{name}.{port}")
            if make is not None:
                (folder.outputs / port).write_text(make(inputs) + "\n")
        self.ran.append(name)
        if why := self.fails.get(name):
            self.store.update_status(record.key, health=Health.DEGRADED, phase="failed", message=why)
            return
        for port in [port for port, said in ports.items() if not is_value(said)]:
            (folder.outputs / port / "made").write_text(record.revision)
        made = {port: str(folder.outputs / port) for port in ports}
        self.store.update_status(record.key, health=Health.HEALTHY, phase="completed", attributes={"outputs": made})

    def nested(self, record: Record) -> None:
        folder = self.lay_out(record)
        self.open.append(record.revision)
        try:
            self.controller(record).run()
        except ControlRefusal as error:
            self.store.update_status(record.key, health=Health.DEGRADED, phase="failed", message=str(error))
            return
        finally:
            self.open.pop()
        made = {port: str(folder.outputs / port) for port in record.body.get("outputs") or {}}
        result = json.loads(folder.metrics.read_text())
        attributes = {"outputs": made, "pipeline": result}
        self.store.update_status(record.key, health=Health.HEALTHY, phase="completed", attributes=attributes)

    def states(self, run: str = "pipe") -> dict[str, str]:
        return dict(json.loads(JobFolder(self.paths.job(run)).metrics.read_text())["steps"])


@pytest.fixture
def flowing(tmp_path: Path) -> Flowing:
    return Flowing(tmp_path)


def port(step: str, output: str) -> str:
    return f"${{{{parent.jobs.{step}.outputs.{output}}}}}"


def step(name: str) -> str:
    return f"${{{{parent.jobs.{name}}}}}"


def pipeline(**jobs: Any) -> dict[str, Any]:
    return {"type": "pipeline", "inputs": {"flag": "true"}, "jobs": jobs}


GATE = command("gate", outputs={"good": {"type": "boolean"}, "data": {"type": "uri_folder"}})
OUT = {"out": {"type": "uri_folder"}}


def branching(condition: Any) -> dict[str, Any]:
    return pipeline(
        gate=GATE,
        choose={
            "type": "if_else", "condition": condition, "true_block": step("deploy"), "false_block": [step("mend"), step("tell")],
        },
        deploy=command("deploy", outputs=OUT),
        mend=command("mend", outputs=OUT),
        tell=command("tell"),
        watch=command("watch", inputs={"d": port("deploy", "out")}),
        always=command("always"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "written", "runs"),
    [
        (port("gate", "good"), "True", {"deploy", "watch"}),
        (port("gate", "good"), "false", {"mend", "tell"}),
        ("${{parent.inputs.flag}}", "False", {"deploy", "watch"}),
        (False, "True", {"mend", "tell"}),
    ],
)
def test_a_condition_chooses_a_block_and_what_follows_from_it(
    flowing: Flowing, condition: Any, written: str, runs: set[str]
) -> None:
    flowing.values["gate.good"] = lambda inputs: written
    flowing.run("pipe", branching(condition))
    assert set(flowing.ran) == {"gate", "always"} | runs
    skipped = {"deploy", "watch", "mend", "tell"} - runs
    assert {name for name, state in flowing.states().items() if state == "not run"} == skipped
    assert flowing.lines[-1] == "Completed."


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("maybe", "The condition of step 'choose' is 'maybe', which is neither true nor false."),
        (None, "Step 'gate' did not write its output 'good'."),
    ],
)
def test_a_condition_that_says_nothing_fails_the_pipeline(flowing: Flowing, written: str | None, message: str) -> None:
    if written is not None:
        flowing.values["gate.good"] = lambda inputs: written
    assert message in flowing.message("pipe", branching(port("gate", "good")))


def test_values_go_from_step_to_step_as_text(flowing: Flowing) -> None:
    flowing.values["count.n"] = lambda inputs: "7"
    body = pipeline(
        count=command("count", outputs={"n": {"type": "integer"}}),
        use=command("use", inputs={"n": port("count", "n")}, environment_variables={"N": f"n={port('count', 'n')}"}),
    )
    steps = flowing.run("pipe", body)
    assert steps["use"].body["inputs"] == {"n": "7"}
    assert steps["use"].body["environment_variables"] == {"N": "n=7"}


TRY: Mapping[str, Any] = command(
    "try",
    inputs={"n": "${{parent.inputs.start}}", "seed": {"type": "uri_file", "path": "azureml:raw:1"}, "fixed": 5},
    outputs={"again": {"type": "boolean"}, "next": {"type": "integer"}, "model": {"type": "uri_folder"}},
    environment_variables={"KEY": "secret"},
)


def looping(limit: int = 10, **body: Any) -> dict[str, Any]:
    jobs = {
        "attempt": {**TRY, **body},
        "repeat": {
            "type": "do_while", "body": step("attempt"), "condition": "again", "limits": {"max_iteration_count": limit},
            "mapping": {"next": ["n"], "model": "seed"},
        },
        "use": command("use", inputs={"m": port("attempt", "model"), "n": port("attempt", "next")}),
    }  # fmt: skip
    outputs = {"best": {"type": "uri_folder", "path": port("attempt", "model")}}
    return {"type": "pipeline", "inputs": {"start": 1}, "outputs": outputs, "jobs": jobs}


def counting(flowing: Flowing, end: int) -> None:
    flowing.values["attempt.next"] = lambda inputs: str(int(inputs["n"]) + 1)
    flowing.values["attempt.again"] = lambda inputs: str(int(inputs["n"]) < end)


def test_a_loop_repeats_a_step_with_what_it_made_until_its_condition_is_false(flowing: Flowing) -> None:
    counting(flowing, 3)
    steps = flowing.run("pipe", looping())
    assert flowing.ran == ["attempt_1", "attempt_2", "attempt_3", "use"]
    rounds = flowing.steps("pipe_repeat")
    assert [str(run.body["inputs"]["n"]) for run in rounds.values()] == ["1", "2", "3"]
    assert [run.body["inputs"]["fixed"] for run in rounds.values()] == [5, 5, 5]
    assert rounds["attempt_1"].body["inputs"]["seed"]["path"] == "azureml:raw:1"
    assert rounds["attempt_3"].body["inputs"]["seed"]["path"] == "azureml://jobs/pipe_repeat_attempt_2/outputs/model"
    assert steps["use"].body["inputs"]["n"] == "4"
    assert steps["use"].body["inputs"]["m"]["path"] == "azureml://jobs/pipe_repeat/outputs/model"
    made = JobFolder(flowing.paths.job("pipe")).outputs / "best" / "made"
    assert made.read_text() == "pipe_repeat_attempt_3"


def test_a_loop_ends_at_its_limit(flowing: Flowing) -> None:
    counting(flowing, 100)
    flowing.run("pipe", looping(limit=2))
    assert flowing.ran == ["attempt_1", "attempt_2", "use"]


def test_an_iteration_that_fails_ends_the_loop_and_is_named(flowing: Flowing) -> None:
    counting(flowing, 3)
    flowing.fails = {"attempt_2": "Exit code 3."}
    message = flowing.message("pipe", looping())
    assert message.startswith("Step 'repeat' failed (run pipe_repeat): Step 'attempt_2' failed")
    assert "use" not in flowing.ran


def test_iterations_are_used_again(flowing: Flowing) -> None:
    counting(flowing, 3)
    flowing.run("pipe", looping())
    flowing.ran.clear()
    flowing.open = ["again"]
    flowing.run("again", looping())
    assert flowing.ran == [], "nothing has changed"
    flowing.open = ["longer"]
    counting(flowing, 100)
    flowing.run("longer", looping(command="try harder"))
    assert flowing.ran[:1] == ["attempt_1"] and len(flowing.ran) == 11


def test_a_loop_whose_controller_was_killed_goes_on_where_it_was(flowing: Flowing) -> None:
    counting(flowing, 4)
    ended = flowing.end

    def killed(record: Record) -> None:
        ended(record)
        if record.revision.endswith("attempt_2"):
            flowing.end = ended  # type: ignore[method-assign]
            raise KeyboardInterrupt

    flowing.end = killed  # type: ignore[method-assign]
    record = flowing.insert("pipe", looping())
    with pytest.raises(KeyboardInterrupt):
        flowing.controller(record).run()
    flowing.open.clear()
    flowing.controller(record).run()
    assert flowing.ran == ["attempt_1", "attempt_2", "attempt_3", "attempt_4", "use"], "nothing runs twice"


def test_secrets_reach_every_iteration(flowing: Flowing) -> None:
    counting(flowing, 2)
    record = flowing.insert("pipe", looping())
    place = ("jobs", "attempt", "environment_variables", "KEY")
    SecretFiles(flowing.paths).put(record.key, [(place, "s3cr3t")])
    flowing.controller(record).run()
    for run in flowing.steps("pipe_repeat").values():
        assert SecretFiles(flowing.paths).reveal(run)["environment_variables"] == {"KEY": "s3cr3t"}, run.revision


ITEMS = [{"x": 1}, {"x": 2}, {"x": 3}]


@pytest.mark.parametrize("items", [ITEMS, json.dumps(ITEMS), {"a": {"x": 1}, "b": {"x": 2}, "c": {"x": 3}}, "step"])
def test_a_loop_over_items_runs_a_step_for_each_and_gathers_what_they_make(flowing: Flowing, items: Any) -> None:
    flowing.values["list.items"] = lambda inputs: json.dumps(ITEMS)
    flowing.values["fit.score"] = lambda inputs: str(inputs["x"] * 10)
    body = pipeline(
        list=command("list", outputs={"items": {"type": "string"}}),
        fit=command("fit", inputs={"fixed": "f"}, outputs={"score": {"type": "number"}, **OUT}),
        each={
            "type": "parallel_for", "body": step("fit"), "items": port("list", "items") if items == "step" else items,
            "max_concurrency": 2,
        },
        best=command("best", inputs={"scores": port("each", "score"), "all": port("each", "out")}),
    )  # fmt: skip
    steps = flowing.run("pipe", body)
    assert [(name, seen) for name, seen in flowing.seen if name.startswith("fit")] == [
        (f"fit_{number}", {"x": number, "fixed": "f"}) for number in (1, 2, 3)
    ]
    assert flowing.most == 2
    assert json.loads(steps["best"].body["inputs"]["scores"]) == ["10", "20", "30"]
    assert steps["best"].body["inputs"]["all"] == {"type": "mltable", "path": "azureml://jobs/pipe_each/outputs/out"}
    folder = JobFolder(flowing.paths.job("pipe_each")).outputs / "out"
    assert (folder / "MLTable").read_text().splitlines()[2:] == [f"  - folder: ./fit_{n}" for n in (1, 2, 3)]
    assert (folder / "fit_2" / "made").read_text() == "pipe_each_fit_2"


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ({"a": command(), "l": {"type": "parallel_for", "body": step("b"), "items": ITEMS}}, "decides on 'b', which is not"),
        ({"l": {"type": "do_while", "mapping": {}}}, "Loop 'l' has no step to repeat"),
        (
            {"a": command(), **{n: {"type": "do_while", "body": step("a")} for n in "lm"}},
            "'a' is repeated by 'l' already",
        ),
        ({"a": command(), "l": {"type": "parallel_for", "body": step("a"), "items": []}}, "have to be a list of mappings"),
        ({"a": command(), "l": {"type": "parallel_for", "body": step("a"), "items": "no"}}, "have to be a list of mappings"),
    ],
)  # fmt: skip
def test_what_cannot_be_repeated_is_said(flowing: Flowing, jobs: dict[str, Any], message: str) -> None:
    assert message in flowing.message("pipe", pipeline(**jobs))


def test_truth_and_items() -> None:
    table = {"true": True, "False": False, " TRUE\n": True, "1": True, "0": False, True: True, False: False}
    assert {said: truth(said, "It") for said in table} == table
    for said in ("", "yes", "2"):
        with pytest.raises(Invalid, match="neither true nor false"):
            truth(said, "It")
    assert items_of({"a": {"x": 1}}) == [{"x": 1}]
