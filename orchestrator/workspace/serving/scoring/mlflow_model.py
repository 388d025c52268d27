"""MLflow models that come without code."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from .answers import Answer, Rejected, answer_of
from .script import EntryScript, UnusableModel, parsed

AUTOML_SCRIPTS = "scoring_file_*.py"


class Model(Protocol):
    """What the server serves."""

    def load(self) -> None:
        """Get ready. Called once, in the thread that answers."""
        ...

    def answer(self, body: bytes) -> Answer:
        """Answer one request's body."""
        ...


class MlflowModel:
    """Serves an MLflow model.

    A body with ``input_data`` is answered by the model itself with a bare list. A body with ``data`` is answered by the
    scoring script that AutoML left in the model's folder, if there is one.

    Args:
        folder: the folder with the file ``MLmodel``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._script: EntryScript | None = None
        self._pyfunc: Any = None

    def load(self) -> None:
        """Load the model.

        Raises:
            UnusableModel: it is no MLflow model, or the environment has no MLflow.
        """
        if not (self._folder / "MLmodel").is_file():
            raise UnusableModel(f"{self._folder.name} has no file MLmodel, so it is not an MLflow model.")
        scripts = sorted(self._folder.glob(AUTOML_SCRIPTS))
        if scripts:
            # MLflow is large; a model with a script of its own gets it when somebody sends input_data.
            self._script = EntryScript(scripts[-1])
            self._script.load()
        else:
            self._pyfunc = self._loaded()

    def _loaded(self) -> Any:
        try:
            import mlflow.pyfunc  # not every environment has it
        except ImportError as error:
            raise UnusableModel(
                f"The deployment's environment has no MLflow, which this model needs: {error}. Add mlflow to its conda file."
            ) from error
        return mlflow.pyfunc.load_model(str(self._folder))

    def answer(self, body: bytes) -> Answer:
        """Answer ``{"input_data": …}`` or ``{"data": …}``.

        Raises:
            Rejected: the body has neither, or its shape does not fit.
        """
        request = parsed(body)
        if not isinstance(request, dict):
            raise Rejected(400, "The body must be a JSON object with 'input_data'.")
        if "input_data" not in request:
            if "data" in request and self._script is not None:
                return self._script.answer(body)
            records = ' or {"data": [{column: value, …}]}' if self._script is not None else ""
            raise Rejected(
                400,
                f'The body has no \'input_data\'. Send {{"input_data": {{"columns": […], "data": [[…]]}}}}{records}.',
            )
        if self._pyfunc is None:
            self._pyfunc = self._loaded()
        params = request.get("params")
        table = _with_dates(_table(request["input_data"]), self._pyfunc.metadata.get_input_schema())
        try:
            predictions = self._pyfunc.predict(table, params=params) if params else self._pyfunc.predict(table)
        except Exception as error:  # a model may raise anything; the caller's own mistakes are told apart
            rejection = _rejection(error)
            if rejection is None:
                raise
            raise rejection from error
        return answer_of(_bare(predictions))


def _table(data: Any) -> Any:
    import pandas as pd  # heavy, and there wherever MLflow models are

    try:
        if isinstance(data, dict) and "data" in data:
            return pd.DataFrame(data["data"], columns=data.get("columns"), index=data.get("index"))
        if isinstance(data, dict):
            return pd.DataFrame(data)
        if isinstance(data, list) and data and isinstance(data[0], dict):
            return pd.DataFrame.from_records(data)
    except (ValueError, TypeError, AssertionError) as error:
        raise Rejected(400, f"'input_data' is not a table: {error}.") from error
    if isinstance(data, list):
        import numpy as np  # comes with pandas

        return np.asarray(data)
    raise Rejected(400, '\'input_data\' must be {"columns", "index", "data"}, a list of records or a list of rows.')


def _with_dates(table: Any, schema: Any) -> Any:
    """JSON has no dates: text in columns that the model's signature calls dates becomes dates, as in MLflow's own server."""
    if schema is None or not schema.has_input_names() or not hasattr(table, "columns"):
        return table
    import pandas as pd  # there: the table is made of it

    dates = {spec.name for spec in schema.inputs if getattr(getattr(spec, "type", None), "name", "") == "datetime"}
    for name in dates.intersection(table.columns):
        try:
            table[name] = pd.to_datetime(table[name], utc=True).dt.tz_localize(None)
        except (ValueError, TypeError) as error:
            raise Rejected(400, f"Column '{name}' takes dates, such as \"2026-01-31\": {error}") from error
    return table


def _rejection(error: Exception) -> Rejected | None:
    """What MLflow says to a table that does not fit the model's signature. It quotes the whole table, which the caller has."""
    status_of = getattr(error, "get_http_status_code", None)
    if not callable(status_of) or not 400 <= status_of() < 500:
        return None
    quoted, mark, why = str(error).partition("'. Error: ")
    return Rejected(400, f"The data does not fit the model's signature: {why}" if mark else quoted)


def _bare(predictions: Any) -> Any:
    columns = getattr(predictions, "columns", None)
    if columns is not None and len(columns) == 1:
        return predictions[columns[0]].tolist()
    return predictions
