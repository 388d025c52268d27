"""The entry script of batch deployments of MLflow models that come without one: each file is predicted by itself.

A row of the result is the name of the file and a prediction, as a list. A table gives a row for each of its rows, in their order;
any other file gives one row.

Source: Azure ML documentation, MLflow models in batch deployments: types of files, signatures, output.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

TABLES = {".csv": "csv", ".parquet": "parquet", ".pqt": "parquet", ".json": "json", ".jsonl": "jsonl"}
IMAGES = (".png", ".jpg", ".jpeg", ".tiff", ".tif", ".bmp", ".gif")
MODEL_FILE = "MLmodel"
_FLOATS = ("float64", "float32", "int64", "int32")

_loaded: dict[str, Any] = {}


class Unreadable(Exception):
    """A file of a type that is not read. The whole job fails, since the same would become of it each time."""

    fatal = True


def init() -> None:
    """Load the model."""
    import mlflow.pyfunc  # type: ignore[import-not-found, unused-ignore]

    found = sorted(Path(os.environ["AZUREML_MODEL_DIR"]).rglob(MODEL_FILE))
    if not found:
        raise FileNotFoundError("The model is not an MLflow model: it has no file MLmodel. Add code_configuration.")
    _loaded[MODEL_FILE] = mlflow.pyfunc.load_model(str(found[0].parent))


def run(mini_batch: list[str]) -> list[Any]:
    """The file name and the prediction of each row of tables, and of each other file."""
    rows: list[Any] = []
    model = _loaded[MODEL_FILE]
    schema = model.metadata.get_input_schema()
    for text in mini_batch:
        path = Path(text)
        if path.suffix.lower() in TABLES:
            predicted = plain(model.predict(table(path, schema)))
        elif path.suffix.lower() in IMAGES:
            predicted = plain(model.predict(image(path, schema)))[:1]
        else:
            known = ", ".join([*TABLES, *IMAGES])
            raise Unreadable(f"'{path.name}' cannot be read: an MLflow model without a scoring script takes {known}.")
        rows += [[path.name, value] for value in predicted]
    return rows


def table(path: Path, schema: Any) -> Any:
    """A file as a data frame, typed by the model's signature."""
    import pandas

    kind = TABLES[path.suffix.lower()]
    if kind == "parquet":
        return pandas.read_parquet(path)
    types = typed(schema)
    if kind == "csv":
        dates = [name for name, of in types.items() if of.startswith("datetime")]
        plain_types: Any = {name: of for name, of in types.items() if name not in dates}
        columns = pandas.read_csv(path, nrows=0).columns
        return pandas.read_csv(path, dtype=plain_types, parse_dates=[name for name in dates if name in columns])
    frame = pandas.read_json(path, lines=kind == "jsonl")
    return frame.astype({name: of for name, of in types.items() if name in frame.columns})


def typed(schema: Any) -> dict[str, str]:
    """The type of each named column that the signature has; empty without one."""
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return {}
    names = {name: str(getattr(of, "__name__", of)) for name, of in zip(schema.input_names(), schema.pandas_types())}
    return {name: of for name, of in names.items() if of in _FLOATS or of.startswith(("datetime", "str"))}


def image(path: Path, schema: Any) -> Any:
    """A picture as an array of the shape and type of the signature; of bytes without one."""
    import numpy
    from PIL import Image  # type: ignore[import-not-found, unused-ignore]

    with Image.open(path) as opened:
        found = numpy.asarray(opened)
    if schema is None or not schema.is_tensor_spec():
        return found[numpy.newaxis].astype(numpy.uint8)
    spec = schema.inputs[0]
    shape = tuple(1 if size == -1 and number == 0 else size for number, size in enumerate(spec.shape))
    return found.reshape(shape).astype(spec.type)


def plain(predicted: Any) -> list[Any]:
    """Predictions as values of Python's own, so that the file can be read as such."""
    if hasattr(predicted, "to_numpy"):
        predicted = predicted.to_numpy()
        if predicted.ndim == 2 and predicted.shape[1] == 1:
            predicted = predicted[:, 0]
    if hasattr(predicted, "tolist"):
        predicted = predicted.tolist()
    return list(predicted) if isinstance(predicted, (list, tuple)) else [predicted]
