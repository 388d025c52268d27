"""What a monitor's run is to compute: plain data that travels as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

NUMERICAL: Final = "numerical"
CATEGORICAL: Final = "categorical"


@dataclass(frozen=True, slots=True)
class Data:
    """Data of a signal.

    Attributes:
        input: the run's input that they are.
        begin, end: the window, as ISO times in UTC; empty for all of it.
        columns: role to column.
    """

    input: str
    begin: str = ""
    end: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """Begin and end; None for all of it."""
        return (datetime.fromisoformat(self.begin), datetime.fromisoformat(self.end)) if self.begin else None


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal.

    Attributes:
        name: in the monitor.
        type: ``data_drift``, ``prediction_drift``, ``data_quality``.
        thresholds: type of feature to metric to bound.
        features: names; the number of the most important ones; None for all.
        types: feature to the type that it is treated as.
        segment: feature to the values of the rows that are used; empty for all rows.
        alerts: a passed bound raises an alert.
    """

    name: str
    type: str
    production: Data
    reference: Data
    thresholds: Mapping[str, Mapping[str, float]]
    features: list[str] | int | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    segment: Mapping[str, list[str]] = field(default_factory=dict)
    alerts: bool = True


@dataclass(frozen=True, slots=True)
class MonitorOrder:
    """A monitor at one firing.

    Attributes:
        monitor: the schedule's name.
        at: the moment for which it fires, ISO, in UTC.
        signals: to compute.
        left_out: lines about signals that are not computed here.
        emails: who gets alerts.
    """

    monitor: str
    at: str
    signals: tuple[Signal, ...]
    left_out: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> MonitorOrder:
        """Read `text` back."""
        tree: dict[str, Any] = json.loads(text)
        signals = tuple(
            Signal(**{**one, "production": Data(**one["production"]), "reference": Data(**one["reference"])})
            for one in tree.pop("signals")
        )
        return cls(signals=signals, left_out=tuple(tree.pop("left_out")), emails=tuple(tree.pop("emails")), **tree)
