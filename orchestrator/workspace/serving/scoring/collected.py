"""A model of which something is collected."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

from .answers import Answer
from .collecting import Collector
from .http import HttpRequest
from .model import Model

INPUTS = "model_inputs"
OUTPUTS = "model_outputs"
REQUEST = "request"
RESPONSE = "response"
CORRELATION = "x-request-id"

_log = logging.getLogger("scoring")


class Collected:
    """A model whose requests and answers are collected as they are.

    Args:
        model: answers.
        collector: writes.
    """

    def __init__(self, model: Model, collector: Collector) -> None:
        self._model = model
        self._collector = collector

    def load(self) -> None:
        """See `Model.load`."""
        self._model.load()

    def swagger(self, request: HttpRequest) -> Answer:
        """See `Model.swagger`."""
        return self._model.swagger(request)

    def answer(self, request: HttpRequest) -> Answer:
        """See `Model.answer`."""
        answer = self._model.answer(request)
        if request.method == "POST" and self._collector.chosen(REQUEST, RESPONSE):
            about = about_request(self._collector, request)
            for name, body in ((REQUEST, request.body), (RESPONSE, answer.body)):
                if self._collector.has(name):
                    collect(self._collector, name, _content(body), len(body), about)
        return answer


def collect_tables(collector: Collector, request: HttpRequest, inputs: Any, outputs: Any) -> None:
    """Write what a model was given and what it predicted, as rows. The caller's answer does not hang on it."""
    if not collector.chosen(INPUTS, OUTPUTS):
        return
    about = about_request(collector, request)
    for name, data in ((INPUTS, inputs), (OUTPUTS, outputs)):
        if collector.has(name):
            try:
                text = _frame(data).to_json(orient="records", date_format="iso")
            except Exception as error:  # tensors and whatever else has no rows
                _log.warning("%s are not collected: %s", name, error)
                continue
            kind = "pandas.core.frame.DataFrame"
            collect(collector, name, json.loads(text), len(text), {**about, "collectdatatype": kind})


def collect(collector: Collector, name: str, data: Any, size: int, about: dict[str, Any]) -> None:
    """Write a line; that the disk is full is for the log."""
    try:
        collector.write(name, data, size, dict(about))
    except (OSError, ValueError) as error:
        _log.warning("%s are not collected: %s", name, error)


def about_request(collector: Collector, request: HttpRequest) -> dict[str, Any]:
    """What the lines of one request have in common."""
    identity = request.header(CORRELATION) or str(uuid.uuid4())
    about: dict[str, Any] = {"correlationid": identity, "xrequestid": identity, "modelversion": "default"}
    captured = collector.captured(request.headers)
    return {**about, "headers": captured} if captured else about


def _frame(data: Any) -> Any:
    import pandas  # where MLflow is, it is there

    frame = data if isinstance(data, pandas.DataFrame) else pandas.DataFrame(data)
    return frame.set_axis([str(name) for name in frame.columns], axis=1)


def _content(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
