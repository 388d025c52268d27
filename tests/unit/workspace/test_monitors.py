"""Monitors: which data a firing compares, what the metrics say of planted drift, and what is left of a run."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.monitoring import running, windows
from orchestrator.workspace.monitoring.collected import read_data
from orchestrator.workspace.monitoring.drift import drift
from orchestrator.workspace.monitoring.features import chosen, kind_of
from orchestrator.workspace.monitoring.making import ORDER, monitor_job
from orchestrator.workspace.monitoring.order import CATEGORICAL, NUMERICAL, Data, MonitorOrder, Signal
from orchestrator.workspace.monitoring.quality import quality
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore

AT = datetime(2030, 3, 17, 6, 0, tzinfo=UTC)
DAILY = {"type": "recurrence", "frequency": "day", "interval": 1}
DRAW = numpy.random.default_rng(7)
NUMBERS = pandas.Series(DRAW.normal(10, 2, 500))
WORDS = pandas.Series(DRAW.choice(["a", "b", "c"], 500, p=[0.5, 0.3, 0.2]))


@pytest.mark.parametrize(
    ("trigger", "said", "begin", "end"),
    [
        (DAILY, {}, timedelta(days=1), timedelta(0)),
        ({"frequency": "Week", "interval": 2}, {}, timedelta(days=14), timedelta(0)),
        ({"frequency": "month", "interval": 1}, {}, timedelta(days=30), timedelta(0)),
        ({"frequency": "hour", "interval": 2}, {}, timedelta(days=1), timedelta(0)),
        ({"type": "cron", "expression": "0 6 * * *"}, {}, timedelta(days=7), timedelta(0)),
        (
            DAILY,
            {"lookback_window_size": "default", "lookback_window_offset": "P1D"},
            timedelta(days=2),
            timedelta(days=1),
        ),
        (DAILY, {"lookback_window_size": "PT36H"}, timedelta(hours=36), timedelta(0)),
    ],
)
def test_windows_of_production_data(trigger: Any, said: Any, begin: timedelta, end: timedelta) -> None:
    assert windows.production(said, AT, windows.usual(trigger)) == (AT - begin, AT - end)


def test_the_reference_window_lies_before_that_of_production() -> None:
    size = windows.usual(DAILY)
    assert windows.reference({}, AT, size) == (AT - 3 * size, AT - size)
    fixed = {"window_start": "2030-01-01", "window_end": "2030-02-01T00:00:00Z"}
    assert windows.reference(fixed, AT, size) == (datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 2, 1, tzinfo=UTC))
    for wrong in ({"lookback_window_size": "P"}, {"lookback_window_size": "7 days"}, {"window_start": "soon"}):
        with pytest.raises(Invalid):
            windows.reference(wrong, AT, size)


@pytest.mark.parametrize(
    ("metric", "kind", "threshold"),
    [
        ("normalized_wasserstein_distance", NUMERICAL, 0.2),
        ("jensen_shannon_distance", NUMERICAL, 0.2),
        ("population_stability_index", NUMERICAL, 0.2),
        ("two_sample_kolmogorov_smirnov_test", NUMERICAL, 0.01),
        ("jensen_shannon_distance", CATEGORICAL, 0.1),
        ("population_stability_index", CATEGORICAL, 0.1),
        ("pearsons_chi_squared_test", CATEGORICAL, 0.01),
    ],
)
def test_each_metric_finds_planted_drift_and_no_other(metric: str, kind: str, threshold: float) -> None:
    if kind == NUMERICAL:
        samples = [NUMBERS, pandas.Series(DRAW.normal(10, 2, 400)), NUMBERS + 3]
    else:
        same, other = ([0.5, 0.3, 0.2], [0.2, 0.3, 0.5])
        samples = [WORDS, *(pandas.Series(DRAW.choice(["a", "b", "c"], 400, p=odds)) for odds in (same, other))]
    signal = Signal("s", "data_drift", Data("p"), Data("r"), {kind: {metric: threshold}}, types={"f": kind})
    reference, usual, drifted = (sample.to_frame("f") for sample in samples)
    assert [one.breached for one in running.measure(signal, usual, reference)] == [False]
    assert [one.breached for one in running.measure(signal, drifted, reference)] == [True]
    silent = Signal(**{**{name: getattr(signal, name) for name in Signal.__slots__}, "alerts": False})
    assert [(one.breached, one.alert) for one in running.measure(silent, drifted, reference)] == [(True, False)]


def test_values_that_can_be_reckoned_by_hand() -> None:
    halves, shifted = pandas.Series(["a", "b"] * 50), pandas.Series(["a"] * 75 + ["b"] * 25)
    assert drift("pearsons_chi_squared_test", CATEGORICAL, halves, shifted) == pytest.approx(5.733e-7, rel=1e-3)
    assert drift("jensen_shannon_distance", CATEGORICAL, halves, halves) == 0
    assert drift("jensen_shannon_distance", CATEGORICAL, halves, pandas.Series(["c"])) == pytest.approx(1)
    psi = (76 - 51) / 102 * numpy.log(76 / 51) + (26 - 51) / 102 * numpy.log(26 / 51)
    assert drift("population_stability_index", CATEGORICAL, halves, shifted) == pytest.approx(psi)
    assert drift("pearsons_chi_squared_test", CATEGORICAL, halves, pandas.Series(["new"])) == 0
    ladder = pandas.Series([1.0, 2.0, 3.0])
    assert drift("normalized_wasserstein_distance", NUMERICAL, ladder, ladder + 2) == pytest.approx(2)
    assert drift("two_sample_kolmogorov_smirnov_test", NUMERICAL, ladder, ladder) == 1


@pytest.mark.parametrize(
    "metric", ["jensen_shannon_distance", "population_stability_index", "normalized_wasserstein_distance"]
)
@pytest.mark.parametrize("value", [0.0, 5, True])
def test_a_constant_feature_does_not_drift_from_itself(metric: str, value: Any) -> None:
    column = pandas.Series([value] * 20)
    assert drift(metric, NUMERICAL, column, column) == pytest.approx(0)
    assert drift(metric, NUMERICAL, column, pandas.Series([None, "x"])) is None


def test_quality_is_measured_by_the_reference_data() -> None:
    reference = pandas.Series([1.0, 5.0, None])
    production = pandas.Series([2, None, "x", 9], dtype=object)
    rates = {metric: quality(metric, NUMERICAL, reference, production) for metric in RATES}
    assert rates == {
        "null_value_rate": 0.25,
        "data_type_error_rate": pytest.approx(1 / 3),
        "out_of_bounds_rate": pytest.approx(1 / 3),
    }
    words = pandas.Series(["a", "b"])
    production = pandas.Series(["a", "z", 3, None], dtype=object)
    rates = {metric: quality(metric, CATEGORICAL, words, production) for metric in RATES}
    assert rates == {
        "null_value_rate": 0.25,
        "data_type_error_rate": pytest.approx(1 / 3),
        "out_of_bounds_rate": pytest.approx(1 / 3),
    }
    assert quality("out_of_bounds_rate", CATEGORICAL, pandas.Series([1, 2]), pandas.Series([1.0, 2.0])) == 0


RATES = ("null_value_rate", "data_type_error_rate", "out_of_bounds_rate")


def test_features_and_their_types() -> None:
    few, many = pandas.Series([1, 2] * 50), pandas.Series(range(100))
    assert [kind_of(one) for one in (few, many, many / 3, few == 1, WORDS)] == [
        CATEGORICAL, NUMERICAL, NUMERICAL, CATEGORICAL, CATEGORICAL,
    ]  # fmt: skip
    noise = DRAW.normal(size=200)
    strong = pandas.Series(DRAW.normal(size=200))
    frame = pandas.DataFrame({"noise": noise, "strong": strong, "y": strong * 3})
    assert chosen(None, frame, frame, "y") == ["noise", "strong"]
    assert chosen(1, frame, frame, "y") == ["strong"]
    with pytest.raises(JobRefused, match="no column 'nois'"):
        chosen(["nois"], frame, frame, "y")
    with pytest.raises(JobRefused, match="no column in common"):
        chosen(None, frame, pandas.DataFrame({"z": [1]}), "y")


def line(moment: datetime, *rows: Any) -> str:
    return json.dumps({"specversion": "1.0", "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "data": list(rows)})


def test_collected_lines_of_the_window_are_read(tmp_path: Path) -> None:
    place = tmp_path / "2030" / "03"
    with pytest.raises(JobRefused, match="nothing has been collected yet"):
        read_data(tmp_path, (AT - timedelta(days=1), AT), "Data")
    place.mkdir(parents=True)
    texts = [
        line(AT - timedelta(days=2), {"a": 1}),
        line(AT - timedelta(hours=1), {"a": 2}, {"a": 3}),
        line(AT, {"a": 4}),
    ]
    (place / "one.jsonl").write_text("\n".join([*texts, '{"half']))
    assert list(read_data(tmp_path, (AT - timedelta(days=1), AT), "Data")["a"]) == [2, 3]
    assert list(read_data(tmp_path, None, "Data")["a"]) == [1, 2, 3, 4]
    with pytest.raises(JobRefused, match=r"Data: nothing was collected between 2030-03-18 06:00"):
        read_data(tmp_path, (AT + timedelta(days=1), AT + timedelta(days=2)), "Data")
    (tmp_path / "t.csv").write_text("a\n1\n")
    assert list(read_data(tmp_path / "t.csv", (AT, AT), "Data")["a"]) == [1]


class World:
    """A workspace with a deployment that collects, without processes."""

    def __init__(self, root: Path) -> None:
        self.store = RecordStore(WorkspacePaths(root))
        collections = {name: {"enabled": "true"} for name in ("model_inputs", "model_outputs")}
        body = {"data_collector": {"collections": collections}}
        self.store.insert(Record("online_endpoints.deployments", "online_endpoints.rents.deployments.blue", body=body))

    def job(self, **monitor: Any) -> dict[str, Any]:
        whole = {"monitoring_target": {"endpoint_deployment_id": "azureml:rents:blue"}, **monitor}
        schedule = Record("schedules", "schedules.watch", body={"trigger": DAILY, "create_monitor": whole})
        return monitor_job(self.store, schedule, AT)

    def order(self, **monitor: Any) -> MonitorOrder:
        return MonitorOrder.read(self.job(**monitor)["inputs"][ORDER])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_monitor_without_signals_watches_what_the_deployment_collects(world: World) -> None:
    job = world.job()
    order = MonitorOrder.read(job["inputs"].pop(ORDER))
    assert [one.type for one in order.signals] == ["data_drift", "prediction_drift", "data_quality"]
    place = "azureml://datastores/workspaceblobstore/paths/modelDataCollector/rents/blue"
    assert job["inputs"] == {
        "data_1": {"type": "uri_folder", "path": f"{place}/model_inputs"},
        "data_2": {"type": "uri_folder", "path": f"{place}/model_outputs"},
    }
    inputs, outputs, quality_ = order.signals
    assert inputs.thresholds[NUMERICAL] == {"normalized_wasserstein_distance": 0.1}
    assert (inputs.production.input, outputs.production.input, quality_.production.input) == (
        "data_1",
        "data_2",
        "data_1",
    )
    assert inputs.reference.window == (AT - timedelta(days=3), AT - timedelta(days=1))
    assert quality_.thresholds[CATEGORICAL]["null_value_rate"] == 0


def test_what_a_signal_says_counts(world: World) -> None:
    signal = {
        "type": "DataDrift",
        "features": {"top_n_feature_importance": 3},
        "feature_type_override": {"zip": "Categorical"},
        "data_segment": {"feature_name": "shop", "feature_values": ["7"]},
        "production_data": {"input_data": {"type": "mltable", "path": "azureml:used:1"}, "data_window": {"lookback_window_size": "P3D"}},
        "reference_data": {"input_data": {"path": "azureml:trained:1"}, "target_column_name": "y"},
        "metric_thresholds": {"numerical": {"jensen_shannon_distance": 0.3}},
        "alert_enabled": False,
    }  # fmt: skip
    others = {"later": {"type": "model_performance"}}
    order = world.order(monitoring_signals={"mine": signal, **others}, alert_notification={"emails": ["a@example.com"]})
    (mine,) = order.signals
    assert mine == Signal(
        "mine", "data_drift",
        Data("data_1", (AT - timedelta(days=3)).isoformat(), AT.isoformat()),
        Data("data_2", columns={"prediction": "y"}),
        {NUMERICAL: {"jensen_shannon_distance": 0.3}, CATEGORICAL: {}},
        3, {"zip": "categorical"}, {"shop": ["7"]}, False,
    )  # fmt: skip
    assert order.left_out == (
        "Signal 'later' is not computed: model_performance does not run in the embedded workspace.",
    )
    assert order.emails == ("a@example.com",)


@pytest.mark.parametrize(
    ("monitor", "error", "says"),
    [
        ({"monitoring_target": {}}, Invalid, "neither production data nor a deployment"),
        ({"monitoring_target": {"endpoint_deployment_id": "azureml:rents:green"}}, NotFound, "'green' of endpoint 'rents'"),
        (
            {"monitoring_signals": {"s": {"type": "data_drift", "production_data": {"data_context": "model_input"}}}},
            Invalid,
            "does not collect model_input. Did you mean 'model_inputs'",
        ),
        ({"monitoring_signals": {"s": {"type": "custom"}}}, Invalid, "None of the monitor's signals"),
    ],
)  # fmt: skip
def test_why_a_monitor_cannot_run(world: World, monitor: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        world.job(**monitor)


def test_predictions_are_compared_with_the_target_of_the_reference_data() -> None:
    bounds = {NUMERICAL: {"normalized_wasserstein_distance": 0.5}}
    reference = pandas.DataFrame({"size": NUMBERS, "y": NUMBERS * 2})
    for columns, production in (
        ({}, pandas.DataFrame({"0": NUMBERS * 2})),
        ({}, pandas.DataFrame({"y": NUMBERS * 2, "size": 0})),
        ({"prediction": "score"}, pandas.DataFrame({"size": 0, "score": NUMBERS * 2})),
    ):
        signal = Signal(
            "p", "prediction_drift", Data("a", columns=columns), Data("b", columns={"prediction": "y"}), bounds
        )
        (found,) = running.measure(signal, production, reference)
        assert (found.feature, found.value) == ("y", 0)


def test_a_run_leaves_metrics_and_alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    logged: dict[str, float] = {}
    monkeypatch.setattr(running.TrackingClient, "log_metrics", lambda self, run, values: logged.update(values))
    code = tmp_path / "code"
    (code / "outputs").mkdir(parents=True)
    monkeypatch.chdir(code)
    pandas.DataFrame({"a b*": NUMBERS, "word": WORDS}).to_csv(tmp_path / "before.csv", index=False)
    pandas.DataFrame({"a b*": NUMBERS + 5, "word": WORDS}).to_csv(tmp_path / "after.csv", index=False)
    bounds = {NUMERICAL: {"normalized_wasserstein_distance": 0.1}, CATEGORICAL: {"jensen_shannon_distance": 0.1}}
    signal = Signal("s", "data_drift", Data("new"), Data("old"), bounds)
    order = MonitorOrder("watch", AT.isoformat(), (signal,), emails=("a@example.com",))
    for name, text in ((ORDER, order.text()), ("new", tmp_path / "after.csv"), ("old", tmp_path / "before.csv")):
        monkeypatch.setenv(f"AZURE_ML_INPUT_{name}", str(text))
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert running.main() == 0
    assert logged.keys() == {"s/a b_/normalized_wasserstein_distance", "s/word/jensen_shannon_distance"}
    result = json.loads((tmp_path / "metrics.json").read_text())
    assert [text.split(" is ")[0] for text in result["alerts"]] == ["s: normalized_wasserstein_distance of a b*"]
    with (code / "outputs" / "metrics.csv").open() as file:
        assert [row["breached"] for row in csv.DictReader(file)] == ["True", "False"]
    said = capsys.readouterr().out
    assert "<- breached" in said and "No email is sent" in said
    (tmp_path / "after.csv").write_text("other\n1\n")
    assert running.main() == 1
    assert "no column in common" in capsys.readouterr().err
