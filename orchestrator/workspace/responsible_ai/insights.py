"""The folder that the constructor makes and the tools read, and what the tools write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestrator.core import private_files
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.responsible_ai.models import Model, load

if TYPE_CHECKING:
    import pandas

CLASSIFICATION: Final = "classification"
REGRESSION: Final = "regression"

_FACTS: Final = "rai_insights.json"
_MODEL: Final = "model"
_INSIGHT: Final = "insight.json"
_PREDICTED: Final = "predicted"
_PROBABILITY: Final = "probability_"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a dashboard.

    Attributes:
        id: of the run that made it: the insights of one dashboard have one.
        task: `CLASSIFICATION` or `REGRESSION`.
        features: columns that are looked at: without the target and those that were dropped.
        columns: all columns without the target.
        categorical: those of the features that are categories.
        classes: labels as texts, in the model's order; empty for regression.
    """

    id: str
    title: str
    task: str
    target: str
    features: tuple[str, ...]
    columns: tuple[str, ...]
    categorical: tuple[str, ...]
    classes: tuple[str, ...]
    model: str


class Insights:
    """A dashboard's folder.

    Args:
        folder: that the constructor made.

    Raises:
        JobRefused: it is none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            said = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise JobRefused(
                f"{folder.name} is not the output 'rai_insights_dashboard' of the constructor: it has no file {_FACTS}."
            ) from None
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
        }
        self.facts = Facts(**fields)

    @cached_property
    def train(self) -> pandas.DataFrame:
        """The rows that the model was trained on."""
        return _table(self.folder / "train.parquet")

    @cached_property
    def test(self) -> pandas.DataFrame:
        """The rows that the model is looked at with."""
        return _table(self.folder / "test.parquet")

    @cached_property
    def model(self) -> Model:
        """The model, loaded."""
        return load(self.folder / _MODEL, self.facts.columns)

    def predicted(self, part: str) -> tuple[Any, Any]:
        """The predictions and the probabilities (None without) for a part: ``train`` or ``test``."""
        table = _table(self.folder / f"{part}_predictions.parquet")
        names = [name for name in table.columns if name.startswith(_PROBABILITY)]
        return table[_PREDICTED].to_numpy(), table[names].to_numpy() if names else None


def write_insights(
    folder: Path, facts: Facts, tables: Mapping[str, pandas.DataFrame], model: Path, asked: Model
) -> None:
    """Make a dashboard's folder, with the model's predictions for each of its tables."""
    import pandas

    from orchestrator.workspace.folder.trees import share_tree

    folder.mkdir(parents=True, exist_ok=True)
    for part, table in tables.items():
        table.to_parquet(folder / f"{part}.parquet", index=False)
        predicted = pandas.DataFrame({_PREDICTED: asked.labels(table)})
        probabilities = asked.probabilities(table) if facts.task == CLASSIFICATION else None
        if probabilities is not None:
            for number in range(probabilities.shape[1]):
                predicted[f"{_PROBABILITY}{number}"] = probabilities[:, number]
        predicted.to_parquet(folder / f"{part}_predictions.parquet", index=False)
    share_tree(model, folder / _MODEL)
    write_json(folder / _FACTS, asdict(facts))


def write_insight(folder: Path, kind: str, of: Facts, content: Mapping[str, Any]) -> None:
    """Write what a tool has found."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / _INSIGHT, {"kind": kind, "dashboard": of.id, **content})


def read_insight(folder: Path, of: Facts, port: str) -> dict[str, Any]:
    """What a tool has found.

    Raises:
        JobRefused: it is no output of a tool, or one of another dashboard.
    """
    try:
        said: dict[str, Any] = json.loads((folder / _INSIGHT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise JobRefused(f"'{port}' is not the output of a Responsible AI tool: it has no file {_INSIGHT}.") from None
    if said.get("dashboard") != of.id:
        raise JobRefused(f"'{port}' belongs to another dashboard: connect it to the same constructor.")
    return said


def write_json(file: Path, tree: Any) -> None:
    """Write a JSON file, readable by people."""
    private_files.replace(file, json.dumps(tree, indent=1, default=str) + "\n")


def _table(file: Path) -> pandas.DataFrame:
    import pandas

    return pandas.read_parquet(file)
