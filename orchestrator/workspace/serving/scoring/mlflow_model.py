"""MLflow models that come without code."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from .answers import JSON_TYPE, RUN_FAILED, RUN_FAILED_HEADER, Answer, Rejected, empty, message
from .collected import collect_tables
from .collecting import Collector
from .http import HttpRequest
from .inputs import parameters
from .mlflow_input import AZURE_KEY, MLFLOW_KEYS, from_azure, from_csv, from_mlflow, rejection
from .model import UnusableModel
from .script import EntryScript, RunFailed
from .signature import schemas
from .swagger import Documents

AUTOML_SCRIPTS = "scoring_file_*.py"
_CSV = "text/csv"
_log = logging.getLogger("scoring")


class MlflowModel:
    """Serves an MLflow model.

    A body with ``input_data``, Azure's key, is answered with what the model predicts; one with a key of MLflow's own scoring
    server, or CSV, as that server does: ``{"predictions": …}``. A body with ``data`` is answered by the scoring script that
    AutoML left in the model's folder, if there is one.

    Args:
        folder: the folder with the file ``MLmodel``.
        collector: gets what the model is given and what it predicts.
    """

    def __init__(self, folder: Path, collector: Collector | None = None) -> None:
        self._folder = folder
        self._collector = collector
        self._script: EntryScript | None = None
        self._pyfunc: Any = None
        self._swagger: Documents | None = None

    def load(self) -> None:
        """Load the model.

        Raises:
            UnusableModel: it is no MLflow model, or the environment has no MLflow.
        """
        if not (self._folder / "MLmodel").is_file():
            raise UnusableModel(f"{self._folder.name} has no file MLmodel, so it is not an MLflow model.")
        self._swagger = Documents(self._folder, *schemas(self._folder))
        scripts = sorted(self._folder.glob(AUTOML_SCRIPTS))
        if scripts:
            # MLflow is large; a model with a script of its own gets it when somebody sends input_data.
            self._script = EntryScript(scripts[-1])
            self._script.load()
        else:
            self._pyfunc = self._loaded()

    def swagger(self, request: HttpRequest) -> Answer:
        """What the model's signature says."""
        if self._swagger is None:
            raise UnusableModel("The model is not loaded.")
        return self._swagger.answer(request)

    def _loaded(self) -> Any:
        try:
            import mlflow.pyfunc  # not every environment has it
        except ImportError as error:
            raise UnusableModel(
                f"The deployment's environment has no MLflow, which this model needs: {error}. Add mlflow to its conda file."
            ) from error
        return mlflow.pyfunc.load_model(str(self._folder))

    def answer(self, request: HttpRequest) -> Answer:
        """Answer ``{"input_data": …}``, ``{"data": …}``, MLflow's own forms, or CSV.

        Raises:
            Rejected: the body is none of these, or does not fit the model's signature.
        """
        if request.method not in ("GET", "POST"):
            if request.method == "OPTIONS":
                return empty()
            raise Rejected(405, "Method not allowed")
        if request.media_type == _CSV and request.method == "POST":
            return self._predicted(request, lambda schema: from_csv(request.body, schema), None, wrapped=True)
        body = parameters(request) if request.method == "GET" else _json_object(request.body)
        if AZURE_KEY in body:
            return self._predicted(
                request, lambda schema: from_azure(body[AZURE_KEY], schema), body.get("params"), wrapped=False
            )
        if any(key in body for key in MLFLOW_KEYS):
            return self._predicted(request, lambda schema: from_mlflow(body, schema), body.get("params"), wrapped=True)
        if "data" in body and self._script is not None:
            return self._scored(request, self._script, body["data"])
        records = ' or {"data": [{column: value, …}]}' if self._script is not None else ""
        raise Rejected(
            400, f'The body has no \'input_data\'. Send {{"input_data": {{"columns": […], "data": [[…]]}}}}{records}.'
        )

    def _scored(self, request: HttpRequest, script: EntryScript, rows: Any) -> Answer:
        try:
            answer = script.call(request)
        except RunFailed as error:
            # AutoML's script says by its exceptions what is wrong with the request.
            cause = error.__cause__
            status = getattr(cause, "status_code", None)
            if isinstance(status, int) and 400 <= status < 500:
                raise Rejected(status, str(cause)) from error
            return _failed(cause)
        if self._collector is not None:
            result = json.loads(answer.body)
            collect_tables(self._collector, request, rows, result.get("result") if isinstance(result, dict) else result)
        return answer

    def _predicted(self, request: HttpRequest, parse: Any, params: Any, *, wrapped: bool) -> Answer:
        if self._pyfunc is None:
            self._pyfunc = self._loaded()
        data = parse(self._schema())
        try:
            predictions = (
                self._pyfunc.predict(data) if params in (None, {}) else self._pyfunc.predict(data, params=params)
            )
        except BaseException as error:  # a model may raise anything; the caller's own mistakes are told apart
            rejected = rejection(error) if isinstance(error, Exception) else None
            if rejected is None:
                return _failed(error)
            raise rejected from error
        if self._collector is not None:
            collect_tables(self._collector, request, data, predictions)
        return _json_answer(predictions, wrapped=wrapped)

    def _schema(self) -> Any:
        metadata = self._pyfunc.metadata
        if getattr(metadata, "_is_signature_from_type_hint", lambda: False)():
            return None  # the model's own type hints convert what it is given
        return metadata.get_input_schema()


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise Rejected(400, f"The body is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise Rejected(400, "The body must be a JSON object with 'input_data'.")
    return content


def _failed(error: BaseException | None) -> Answer:
    _log.error("the model failed", exc_info=error)
    return message(500, RUN_FAILED, run_failed=True)


def _json_answer(predictions: Any, *, wrapped: bool) -> Answer:
    import mlflow.utils.proto_json_utils as json_utils  # what MLflow's own scoring server writes with

    plain = json_utils._get_jsonable_obj(predictions, pandas_orient="records")
    text = json.dumps({"predictions": plain} if wrapped else plain, cls=json_utils.NumpyEncoder)
    return Answer(200, text.encode(), JSON_TYPE, ((RUN_FAILED_HEADER, "False"),))
