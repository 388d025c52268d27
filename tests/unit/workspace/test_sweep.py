"""Sweeps: what is drawn, what is ended early, and the way from the first trial to the best. No processes: the supervisor is played."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.controlling import ControlRefusal
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder
from orchestrator.workspace.records.record import CANCEL_REQUESTED, MLFLOW_RUN, PARAMETERS, PARENT, Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.sweep.controller import TABLE, Controller
from orchestrator.workspace.sweep.policies import reason_to_end
from orchestrator.workspace.sweep.sampling import FinishedTrial, sampler_of
from orchestrator.workspace.sweep.settings import SweepSettings, read_settings
from orchestrator.workspace.sweep.spaces import text_of, value_at
from orchestrator.workspace.sweep.trials import trial_body

RATE = {"type": "uniform", "min_value": 0.0, "max_value": 1.0}
BODY: Mapping[str, Any] = {
    "type": "sweep",
    "trial": {
        "command": "train ${{search_space.rate}} ${{ search_space.kind }} ${{inputs.rate}} > ${{outputs.model}}/m",
        "environment": {"image": "x"},
        "environment_variables": {"KEY": {"$secret": "k"}},
        "resources": {"instance_count": 1},
    },
    "search_space": {"rate": RATE, "kind": {"type": "choice", "values": ["a", "b"]}},
    "objective": {"goal": "minimize", "primary_metric": "loss"},
    "limits": {"max_total_trials": 4, "max_concurrent_trials": 2, "trial_timeout": 9},
    "inputs": {"rate": 5},
    "outputs": {"model": {"type": "mlflow_model", "name": "registered", "path": "azureml://datastores/x/paths/y"}},
    "compute": "azureml:cpu",
}


def settings(**changes: Any) -> SweepSettings:
    return read_settings({**BODY, **changes})


@pytest.mark.parametrize(
    ("space", "low", "middle", "high"),
    [
        ({"type": "choice", "values": ["a", 2, 0.5]}, "a", 2, 0.5),
        ({"type": "randint", "upper": 5}, 0, 2, 4),
        ({"type": "uniform", "min_value": 1, "max_value": 3}, 1, 2, 3),
        ({"type": "loguniform", "min_value": -2, "max_value": 2}, math.exp(-2), 1, math.exp(2)),
        ({"type": "quniform", "min_value": 1, "max_value": 9, "q": 2}, 0, 4, 8),
        ({"type": "qloguniform", "min_value": 0, "max_value": 2, "q": 0.5}, 1.0, 2.5, 7.5),
        ({"type": "normal", "mu": 3, "sigma": 1}, None, 3, None),
        ({"type": "lognormal", "mu": 1, "sigma": 1}, None, math.e, None),
        ({"type": "qnormal", "mu": 3.1, "sigma": 1, "q": 2}, None, 4, None),
        ({"type": "qlognormal", "mu": 1, "sigma": 0.1, "q": 0.1}, None, 2.7, None),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_each_space_has_its_values(space: dict[str, Any], low: Any, middle: Any, high: Any) -> None:
    for point, expected in ((0.0, low), (0.5, middle), (1.0, high)):
        found = value_at(space, point)
        assert expected is None or found == expected or found == pytest.approx(expected), (point, found)
    points = [value_at(space, number / 200) for number in range(1, 200)]
    assert len(set(points)) > 2 and all(isinstance(value, str) or math.isfinite(value) for value in points)


def test_logarithms_have_a_base() -> None:
    assert value_at({"type": "loguniform", "min_value": -3, "max_value": -1}, 0.5, 10.0) == pytest.approx(0.01)


def test_values_as_texts() -> None:
    group = {"depth": {"type": "randint", "upper": 3}, "name": "x"}
    assert [text_of(value, lambda: 0.5) for value in (True, 2.0, 0.1, "a b", 3)] == ["True", "2", "0.1", "a b", "3"]
    assert json.loads(text_of(group, lambda: 0.5)) == {"depth": 1, "name": "x"}


@pytest.mark.parametrize(
    "sampling", [{"type": "random", "seed": 3}, {"type": "random", "rule": "sobol", "seed": 3}, "random"]
)
def test_random_trials_depend_on_seed_and_number_only(sampling: Any) -> None:
    """So a sweep that is begun again goes on with the same sequence."""
    one, again = (sampler_of(settings(sampling_algorithm=sampling)) for _ in range(2))
    [first, *others] = [one(number, ()) for number in range(4)]
    assert [again(number, ()) for number in (3, 0)] == [others[-1], first]
    assert len({suggestion.values["rate"] for suggestion in (first, *others) if suggestion}) == 4
    other = sampler_of(settings(sampling_algorithm={"type": "random", "seed": 4}))
    assert other(0, ()) != first


def test_sobol_fills_the_space_evenly() -> None:
    wanted = settings(
        sampling_algorithm={"type": "random", "rule": "sobol"},
        search_space={"rate": RATE},
        limits={"max_total_trials": 16},
    )
    draw = sampler_of(wanted)
    values = [suggestion.values["rate"] for number in range(16) if (suggestion := draw(number, ()))]
    assert sorted(int(value * 16) for value in values) == list(range(16))


def test_a_grid_is_every_combination_once() -> None:
    spaces = {
        name: {"type": "choice", "values": values} for name, values in {"a": [1, 2], "b": ["x", "y", "z"]}.items()
    }
    draw = sampler_of(settings(sampling_algorithm="grid", search_space=spaces))
    found = [suggestion.values for number in range(6) if (suggestion := draw(number, ()))]
    assert sorted((v["a"], v["b"]) for v in found) == [(a, b) for a in (1, 2) for b in "xyz"]
    assert draw(6, ()) is None


def test_bayesian_trials_come_near_good_ones_also_after_a_restart() -> None:
    pytest.importorskip("optuna")
    wanted = settings(sampling_algorithm="bayesian", search_space={"rate": RATE, "kind": BODY["search_space"]["kind"]})
    draw = sampler_of(wanted)
    told: list[FinishedTrial] = []
    for number in range(30):
        suggestion = draw(number, told)
        assert suggestion is not None
        told.append(FinishedTrial(number, suggestion.point, (suggestion.values["rate"] - 0.7) ** 2))
    later = [one.point["rate"] for one in told[20:]]
    assert fmean(abs(point - 0.7) for point in later) < 0.2
    resumed = sampler_of(wanted)
    after = [suggestion.values["rate"] for number in range(30, 36) if (suggestion := resumed(number, told))]
    assert fmean(abs(value - 0.7) for value in after) < 0.25


BANDIT = {"type": "bandit", "slack_factor": 0.25}


@pytest.mark.parametrize(
    ("goal", "policy", "histories", "ended"),
    [
        ("maximize", BANDIT, {0: [0.8], 1: [0.65], 2: [0.63]}, {2}),
        ("minimize", BANDIT, {0: [0.8], 1: [0.99], 2: [1.01]}, {2}),
        ("maximize", BANDIT, {0: [-0.8], 1: [-0.99], 2: [-1.01]}, {2}),
        ("minimize", BANDIT, {0: [-0.8], 1: [-0.65], 2: [-0.63]}, {2}),
        ("maximize", {"type": "bandit", "slack_amount": 0.1}, {0: [0.8], 1: [0.71], 2: [0.69]}, {2}),
        ("maximize", {**BANDIT, "delay_evaluation": 2}, {0: [0.8], 1: [0.1], 2: [0.1, 0.1]}, {2}),
        ("maximize", {**BANDIT, "evaluation_interval": 2}, {0: [0.8, 0.8], 1: [0.1], 2: [0.1, 0.2, 0.9]}, {2}),
        ("maximize", {"type": "median_stopping"}, {0: [0.9], 1: [0.5], 2: [0.4]}, {2}),
        ("minimize", {"type": "median_stopping"}, {0: [0.9], 1: [0.5], 2: [0.4]}, {0}),
        ("maximize", {"type": "median_stopping"}, {0: [0.9, 0.7], 1: [0.6], 2: [0.7, 0.9]}, {1}),
        (
            "maximize",
            {"type": "truncation_selection", "truncation_percentage": 40},
            {n: [float(n)] for n in range(5)},
            {0, 1},
        ),
        (
            "minimize",
            {"type": "truncation_selection", "truncation_percentage": 40},
            {n: [float(n)] for n in range(5)},
            {3, 4},
        ),
        ("maximize", {"type": "truncation_selection", "truncation_percentage": 20}, {0: [1.0], 1: [2.0]}, set()),
        ("maximize", {}, {0: [0.0], 1: [9.0]}, set()),
    ],
)
def test_policies(goal: str, policy: dict[str, Any], histories: dict[int, list[float]], ended: set[int]) -> None:
    wanted = settings(objective={"goal": goal, "primary_metric": "m"}, early_termination=policy)
    assert {number for number in histories if reason_to_end(wanted, number, histories)} == ended


def test_a_trial_is_a_command_job_whose_parameters_are_inputs() -> None:
    body = trial_body(BODY, {"rate": "0.1", "kind": "a; rm -rf /"}, 9.0)
    assert (
        body["command"]
        == "train ${{inputs.search_space_rate}} ${{inputs.kind}} ${{inputs.rate}} > ${{outputs.model}}/m"
    )
    assert body["inputs"] == {"rate": 5, "search_space_rate": "0.1", "kind": "a; rm -rf /"}
    assert body["outputs"] == {"model": {"type": "mlflow_model"}}, "the sweep registers, not each trial"
    assert (body["limits"], body["compute"], body["type"]) == ({"timeout": 9.0}, "azureml:cpu", "command")


class Played:
    """A workspace in which trials end as a function says, one look after another."""

    def __init__(self, folder: Path, body: Mapping[str, Any]) -> None:
        self.paths = WorkspacePaths(folder)
        self.store = RecordStore(self.paths)
        self.lines: list[str] = []
        self.started: list[str] = []
        self.most = 0
        self.metrics: dict[str, list[float]] = {}
        self.logged: dict[str, float] = {}
        self.loss: Callable[[Mapping[str, str]], float | None] = lambda values: float(values["rate"])
        self.sweep = self.store.insert(
            Record("jobs", "jobs.tune", "tune-1", body=body, variant="sweep", health=Health.PROGRESSING)
        )
        SecretFiles(self.paths).put(
            self.sweep.key, [(("trial", "environment_variables", "KEY"), "hidden")], {"k": "hidden"}
        )
        self.folder = JobFolder(self.paths.job("tune-1"))
        for part in (self.folder.logs, self.folder.outputs / "model"):
            part.mkdir(parents=True)
        RunOrder("tune-1", "sweep", {}, "", outputs={"model": str(self.folder.outputs / "model")}).write(self.folder)

    def history(self, run: str, metric: str) -> Sequence[float]:
        return self.metrics.get(run, [])

    def log_metric(self, run: str, metric: str, value: float) -> None:
        self.logged[metric] = value

    def controller(self) -> Controller:
        return Controller(self.paths, RecordStore(self.paths), self.sweep, self, self.lines.append, self.pause)

    def children(self) -> list[Record]:
        return [record for record in self.store.list("jobs") if record.attributes.get(PARENT) == "tune-1"]

    def pause(self) -> None:
        """What the supervisor does between two looks: the oldest trial ends."""
        going = [record for record in self.children() if record.health is Health.PROGRESSING]
        self.most = max(self.most, len(going))
        if going:
            self.end(going[0])

    def end(self, record: Record) -> None:
        self.started.append(record.revision)
        value = self.loss(record.attributes[PARAMETERS])
        outputs = self.paths.job(record.revision) / "outputs"
        (outputs / "model").mkdir(parents=True)
        (outputs / "model" / "m").write_text(record.revision)
        (outputs / "notes.txt").write_text(record.revision)
        self.metrics[record.revision] = [] if value is None else [value]
        self.store.update_status(
            record.key,
            health=Health.DEGRADED if value is None else Health.HEALTHY,
            phase="failed" if value is None else "completed",
            message="Exit code 1." if value is None else "",
            attributes={MLFLOW_RUN: record.revision, "outputs": {"model": str(outputs / "model")}, "duration_s": 1.0},
        )


@pytest.fixture
def played(tmp_path: Path) -> Played:
    return Played(tmp_path, BODY)


def test_a_sweep_runs_its_trials_and_takes_over_the_best(played: Played) -> None:
    played.controller().run()
    assert sorted(played.started) == [f"tune-1_{number}" for number in range(4)]
    assert played.most == 2, "no more at a time than max_concurrent_trials"
    losses = {record.revision: float(record.attributes[PARAMETERS]["rate"]) for record in played.children()}
    best = min(losses, key=losses.__getitem__)
    result = json.loads(played.folder.metrics.read_text())
    assert (result["best_child"], result["trials"]) == (best, {"completed": 4})
    assert (played.folder.outputs / "model" / "m").read_text() == best
    assert (played.folder.outputs / "notes.txt").read_text() == best
    rows = list(csv.DictReader((played.folder.logs / TABLE).read_text().splitlines()))
    assert [row["run"] for row in rows if row["best"]] == [best] and len(rows) == 4
    assert played.logged == {"loss": losses[best]}
    assert any(line.endswith("<- best") for line in played.lines)


def test_secrets_of_the_sweep_reach_its_trials(played: Played) -> None:
    played.controller().run()
    child = played.children()[0]
    assert SecretFiles(played.paths).reveal(child)["environment_variables"] == {"KEY": "hidden"}
    assert SecretFiles(played.paths).to_hide(child) == {"hidden": "k"}
    assert "hidden" not in json.dumps(dict(child.body))


def test_begun_again_it_repeats_no_trial(played: Played) -> None:
    class Killed(Exception):
        pass

    def die() -> None:
        played.pause()
        if len(played.started) == 2:
            raise Killed

    first = played.controller()
    first._pause = die
    with pytest.raises(Killed):
        first.run()
    before = [(record.revision, record.attributes[PARAMETERS]) for record in played.children()]
    played.controller().run()
    after = [(record.revision, record.attributes[PARAMETERS]) for record in played.children()]
    assert after[: len(before)] == before and len(after) == 4
    assert len(played.started) == len(set(played.started)) == 4


def test_a_failed_trial_does_not_end_the_sweep(played: Played) -> None:
    seen: list[float] = []

    def fails_first(values: Mapping[str, str]) -> float | None:
        seen.append(float(values["rate"]))
        return None if len(seen) == 1 else seen[-1]

    played.loss = fails_first
    played.controller().run()
    assert json.loads(played.folder.metrics.read_text())["trials"] == {"failed": 1, "completed": 3}


def test_a_sweep_without_a_result_says_why(tmp_path: Path) -> None:
    failing = Played(tmp_path / "a", BODY)
    failing.loss = lambda values: None
    with pytest.raises(ControlRefusal, match=r"No trial completed. Trial 0: Exit code 1\."):
        failing.controller().run()
    silent = Played(tmp_path / "b", BODY)
    silent.history = lambda run, metric: []  # type: ignore[method-assign]
    with pytest.raises(ControlRefusal, match="No trial logged the primary metric 'loss'"):
        silent.controller().run()


def test_a_bad_trial_is_asked_to_end(tmp_path: Path) -> None:
    played = Played(tmp_path, {**BODY, "early_termination": {"type": "bandit", "slack_amount": 0.01}})

    def pause() -> None:
        for place, record in enumerate(played.children()):
            if record.health is Health.PROGRESSING and not record.cancel_requested:
                played.metrics[record.revision] = [float(place)]
                played.store.update_status(record.key, attributes={MLFLOW_RUN: record.revision})
            elif record.cancel_requested:
                played.store.update_status(
                    record.key, health=Health.DEGRADED, phase="cancelled", attributes={CANCEL_REQUESTED: None}
                )
        first = played.children()[0]
        if any(record.phase == "cancelled" for record in played.children()) and first.health is Health.PROGRESSING:
            played.loss = lambda values: 0.0
            played.end(first)

    controller = played.controller()
    controller._pause = pause
    controller.metric_look_s = 0.0
    controller.run()
    assert [record.phase for record in played.children()] == ["completed", "cancelled", "cancelled", "cancelled"]
    assert sum("is ended early" in line for line in played.lines) == 3
