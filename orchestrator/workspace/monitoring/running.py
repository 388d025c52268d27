"""Computes the signals of a monitor and writes down what they say."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.core import private_files
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.jobs.command import INPUT_PREFIX
from orchestrator.workspace.monitoring.collected import read_data
from orchestrator.workspace.monitoring.drift import P_VALUES, drift
from orchestrator.workspace.monitoring.features import chosen, kind_of
from orchestrator.workspace.monitoring.making import ORDER
from orchestrator.workspace.monitoring.order import Data, MonitorOrder, Signal
from orchestrator.workspace.monitoring.quality import quality
from orchestrator.workspace.tracking.client import TrackingClient

if TYPE_CHECKING:
    import pandas

_QUALITY: Final = "data_quality"
_PREDICTION: Final = "prediction"


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of a feature.

    Attributes:
        value: None if it cannot be told.
        breached: it is beyond the threshold.
        alert: that raises an alert.
    """

    signal: str
    feature: str
    type: str
    metric: str
    value: float | None
    threshold: float
    breached: bool
    alert: bool


def measure(signal: Signal, production: pandas.DataFrame, reference: pandas.DataFrame) -> Iterator[Measured]:
    """All metrics of a signal.

    Raises:
        JobRefused: the data do not have what it names.
    """
    compute = quality if signal.type == _QUALITY else drift
    production, reference = _segment(signal, production), _segment(signal, reference)
    for name, before, after in _columns(signal, production, reference):
        kind = signal.types.get(name) or kind_of(before)
        for metric, threshold in (signal.thresholds.get(kind) or {}).items():
            value = compute(metric, kind, before, after)
            bad = value is not None and (value < threshold if metric in P_VALUES else value > threshold)
            yield Measured(signal.name, name, kind, metric, value, threshold, bad, bad and signal.alerts)


def _columns(
    signal: Signal, production: pandas.DataFrame, reference: pandas.DataFrame
) -> Iterator[tuple[str, pandas.Series, pandas.Series]]:
    """Name, reference data and production data of each feature."""
    import pandas

    target = signal.reference.columns.get(_PREDICTION, "")
    if signal.type == "prediction_drift" and target in reference.columns:
        said = signal.production.columns.get(_PREDICTION, "")
        own = said if said in production.columns else target if target in production.columns else production.columns[0]
        if said or own == target or len(production.columns) == 1:
            yield target, reference[target], production[own]
            return
    for name in chosen(signal.features, reference, production, target):
        missing = pandas.Series([None] * len(production), dtype=object)
        yield name, reference[name], production[name] if name in production.columns else missing


def _segment(signal: Signal, frame: pandas.DataFrame) -> pandas.DataFrame:
    for name, values in signal.segment.items():
        if name in frame.columns:
            frame = frame[frame[name].map(str).isin(values)]
    return frame


def watch(order: MonitorOrder, inputs: Mapping[str, str]) -> list[Measured]:
    """All metrics of a monitor.

    Args:
        inputs: name to path.

    Raises:
        JobRefused: data are missing; the text says which.
    """
    found: list[Measured] = []
    for signal in order.signals:
        production = _read(signal.production, inputs, f"Production data of '{signal.name}'")
        reference = _read(signal.reference, inputs, f"Reference data of '{signal.name}'")
        print(f"{signal.name}: {len(production)} rows of production data, {len(reference)} of reference data")
        found += measure(signal, production, reference)
    return found


def _read(data: Data, inputs: Mapping[str, str], what: str) -> pandas.DataFrame:
    return read_data(Path(inputs[data.input]), data.window, what)


def main() -> int:
    """The program. Returns its exit code."""
    warnings.filterwarnings("ignore", category=FutureWarning)  # of libraries about each other
    inputs = {
        name.removeprefix(INPUT_PREFIX): text for name, text in os.environ.items() if name.startswith(INPUT_PREFIX)
    }
    order = MonitorOrder.read(inputs[ORDER])
    for line in order.left_out:
        print(line)
    try:
        found = watch(order, inputs)
    except JobRefused as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 1
    _write(order, found, Path("outputs"), Path("..") / "metrics.json")
    _log(found)
    return 0


def alert_texts(found: Sequence[Measured]) -> list[str]:
    """A line for each alert."""
    return [
        f"{one.signal}: {one.metric} of {one.feature} is {one.value:.4g}, "
        f"{'less' if one.metric in P_VALUES else 'more'} than {one.threshold:g}"
        for one in found
        if one.alert
    ]


def _write(order: MonitorOrder, found: Sequence[Measured], outputs: Path, result: Path) -> None:
    rows = [asdict(one) for one in found]
    lines = io.StringIO(newline="")
    table = csv.DictWriter(lines, fieldnames=list(Measured.__slots__))
    table.writeheader()
    table.writerows(rows)
    private_files.replace(outputs / "metrics.csv", lines.getvalue())
    alerts = alert_texts(found)
    heading = {"monitor": order.monitor, "time": order.at, "alerts": alerts, "emails": list(order.emails)}
    private_files.replace(outputs / "monitor.json", json.dumps({**heading, "metrics": rows}, indent=2))
    private_files.replace(result, json.dumps({**heading, "signals": sorted({one.signal for one in found})}))
    for one in found:
        mark = "  <- breached" if one.breached else ""
        value = "none" if one.value is None else f"{one.value:.4g}"
        print(f"  {one.signal}  {one.feature}  {one.metric}  {value}  (threshold {one.threshold:g}){mark}")
    for text in alerts:
        print(f"Alert: {text}")
    if alerts and order.emails:
        print(f"No email is sent from here; on Azure it goes to {', '.join(order.emails)}.")


def _log(found: Sequence[Measured]) -> None:
    values = {f"{one.signal}/{one.feature}/{one.metric}": one.value for one in found if one.value is not None}
    TrackingClient.of_job().log_metrics(
        os.environ["MLFLOW_RUN_ID"], {_name(name): value for name, value in values.items()}
    )


def _name(text: str) -> str:
    """What MLflow takes as the name of a metric."""
    return "".join(letter if letter.isalnum() or letter in "_-. /" else "_" for letter in text)
