"""Makes the empty dashboard: keeps tables and model, and asks the model once for all predictions.

Source: Azure ML documentation, "Generate Responsible AI insights with YAML and Python", RAI Insights dashboard constructor.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.responsible_ai.arguments import Arguments
from orchestrator.workspace.responsible_ai.frames import label, need_columns, read_frame
from orchestrator.workspace.responsible_ai.insights import CLASSIFICATION, REGRESSION, Facts, write_insights
from orchestrator.workspace.responsible_ai.models import Model, folder_of, load

if TYPE_CHECKING:
    import pandas

_ROWS = 5000
_DROPPED = ("dropped_features", "identity_feature_name")
"""Members of ``feature_metadata`` that name columns nobody wants to look at."""


def run(arguments: Arguments) -> None:
    """Write the dashboard's folder.

    Raises:
        JobRefused: the data, the model and what is said of them do not fit together.
    """
    task = arguments.choice("task_type", (CLASSIFICATION, REGRESSION, "forecasting"))
    if task not in (CLASSIFICATION, REGRESSION):
        raise JobRefused(
            "'task_type' forecasting is not supported by the embedded workspace: run it in an Azure workspace."
        )
    target = arguments.text("target_column_name")
    tables = {part: read_frame(arguments.path(f"{part}_dataset"), f"{part}_dataset") for part in ("train", "test")}
    for part, table in tables.items():
        need_columns(table, [target], f"{part}_dataset")
    columns = tuple(name for name in tables["train"].columns if name != target)
    need_columns(tables["test"], columns, "test_dataset")
    tables = {part: table[[*columns, target]] for part, table in tables.items()}
    _check_size(tables["test"], arguments.whole("maximum_rows_for_test_dataset", _ROWS))
    features = tuple(name for name in columns if name not in _dropped(arguments))
    categorical = arguments.names("categorical_column_names")
    need_columns(tables["train"][list(columns)], categorical, "train_dataset, without the target,")
    _check_texts(tables["train"], features, categorical)
    folder, name = _model(arguments)
    model = load(folder, columns)
    classes: tuple[str, ...] = ()
    if task == CLASSIFICATION:
        tables = {part: _in_words_of(model, table, target) for part, table in tables.items()}
        classes = _classes(arguments, tables, target, model)
    facts = Facts(
        os.environ.get("AZUREML_RUN_ID") or secrets.token_hex(8),
        arguments.text("title"),
        task,
        target,
        features,
        columns,
        tuple(one for one in categorical if one in features),
        classes,
        name,
    )
    write_insights(arguments.path("output"), facts, tables, folder, model)
    print(f"{len(tables['train'])} rows to train, {len(tables['test'])} rows to test, {len(features)} features")


def _check_size(table: pandas.DataFrame, most: int) -> None:
    """Source: responsibleai, ``RAIInsights``: it refuses larger tables too."""
    if len(table) > most:
        raise JobRefused(
            f"test_dataset has {len(table)} rows and 'maximum_rows_for_test_dataset' is {most}: take a sample, or raise it."
        )


def _check_texts(table: pandas.DataFrame, features: Sequence[str], categorical: Sequence[str]) -> None:
    """Source: responsibleai, ``RAIInsights``: texts are categories, and have to be called so."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    texts = [
        name
        for name in features
        if name not in categorical and not (is_numeric_dtype(table[name]) or is_bool_dtype(table[name]))
    ]
    if texts:
        raise JobRefused(
            f"The columns {', '.join(texts)} hold texts: name them in 'categorical_column_names', as '{json.dumps(texts)}', or under "
            "'dropped_features' of 'feature_metadata'."
        )


def _dropped(arguments: Arguments) -> set[str]:
    said = arguments.json("feature_metadata") or {}
    if not isinstance(said, dict):
        raise JobRefused("'feature_metadata' is not a JSON object.")
    values = [said.get(name) for name in _DROPPED]
    return {str(one) for value in values for one in (value if isinstance(value, list) else [value]) if one}


def _model(arguments: Arguments) -> tuple[Path, str]:
    """The model's folder and its name."""
    name = arguments.optional("model_info") or ""
    if place := arguments.optional("model_input"):
        return folder_of(Path(place)), name
    if place := arguments.optional("model_info_path"):
        name = _model_id(Path(place))
    if not name:
        raise JobRefused(
            "The constructor needs a model: give 'model_input', an MLflow model, with 'model_info', its name."
        )
    return _registered(name), name


def _model_id(place: Path) -> str:
    """Source: Azure's components that register or fetch a model write ``{"id": "NAME:VERSION"}``."""
    file = place / "model_info.json" if place.is_dir() else place
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["id"])
    except (OSError, ValueError, KeyError, TypeError):
        raise JobRefused('\'model_info_path\' holds no file model_info.json with {"id": "NAME:VERSION"}.') from None


def _registered(name: str) -> Path:
    """The folder of a model of the workspace."""
    import mlflow

    bare, _, version = name.removeprefix("azureml:").partition(":")
    try:
        return folder_of(Path(mlflow.artifacts.download_artifacts(f"models:/{bare}/{version or 'latest'}")))
    except JobRefused:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        raise JobRefused(f"There is no model '{name}' in the workspace that can be read: {text}") from error


def _in_words_of(model: Model, table: pandas.DataFrame, target: str) -> pandas.DataFrame:
    """The table with labels as the model has them: MLTable takes 0 and 1 for no and yes.

    Raises:
        JobRefused: the model knows none of the labels.
    """
    own = {label(one) for one in model.classes()}
    seen = {label(one) for one in table[target]}
    if not own or own & seen:
        return table
    numbers: dict[str, Any] = {"True": 1, "False": 0}
    words: dict[str, Any] = {"1": True, "0": False}
    switch = next((one for one in (numbers, words) if seen <= one.keys()), {})
    if not switch or not {label(switch[one]) for one in seen} <= own:
        message = f"'{target}' has {', '.join(sorted(seen)[:10])} and the model predicts {', '.join(sorted(own)[:10])}"
        raise JobRefused(f"The labels do not fit together: {message}.")
    return table.assign(**{target: table[target].map(lambda value: switch[label(value)])})


def _classes(arguments: Arguments, tables: dict[str, pandas.DataFrame], target: str, model: Model) -> tuple[str, ...]:
    """The labels in the order of the model's probabilities."""
    own = [label(one) for one in model.classes()]
    said = list(arguments.names("classes"))
    seen = sorted({label(value) for table in tables.values() for value in table[target]})
    if own and said and sorted(own) != sorted(said):
        return tuple(said) if len(said) == len(own) else tuple(own)
    return tuple(own or said or seen)
