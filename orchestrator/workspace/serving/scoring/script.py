"""Entry scripts: a file with ``init()`` and ``run()``."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from .answers import DURATION_HEADER, RUN_FAILED, Answer, Rejected, empty, json_answer, message
from .flask_bridge import FlaskBridge, request_headers, wants_raw_request
from .http import HttpRequest
from .inputs import fields_input, text_input
from .model import UnusableModel
from .swagger import Documents
from .timing import limit_ms, time_limit

MODULE_NAME = "entry_script"
HEADERS_PARAMETER = "request_headers"
RAW_HTTP_MODULES = ("azureml_inference_server_http", "azureml.contrib.services")
RAW_HTTP_NEEDS = (
    "{script} uses @rawhttp, which needs the package azureml-inference-server-http in the deployment's environment. "
    "Add it to the pip section of its conda file."
)
"""Where to get what a script with raw HTTP imports."""

_KINDS = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_log = logging.getLogger("scoring")


class RunFailed(Exception):
    """``run()`` raised; the cause is what it raised."""


class EntryScript:
    """Serves a model through its entry script.

    Args:
        path: the script. Its folder goes to the front of ``sys.path``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._run: Callable[..., Any] = _not_loaded
        self._inputs: Callable[[HttpRequest, Any], dict[str, Any]] = lambda request, raw: {}
        self._wants_headers = False
        self._raw = False
        self._flask: FlaskBridge | None = None
        self._limit_ms = 0
        self._swagger: Documents | None = None

    def load(self) -> None:
        """Import the script and call its ``init()``.

        Raises:
            UnusableModel: there is no such file, or it lacks ``init()`` or ``run()``, or they cannot be called.
            BaseException: whatever the script raises.
        """
        self._limit_ms = limit_ms()
        if not self._path.is_file():
            raise UnusableModel(f"There is no scoring script {self._path.name} in the code folder.")
        module = self._imported()
        for name in ("init", "run"):
            if not callable(getattr(module, name, None)):
                raise UnusableModel(
                    f"{self._path.name} has no function {name}(); a scoring script needs init() and run(data)."
                )
        driven = getattr(module, "driver_module", None)  # the designer's scripts call the one that they are made for
        behind = isinstance(driven, ModuleType) and hasattr(driven, "run")
        self._look_at(driven.run if behind else module.run)  # type: ignore[union-attr]
        self._swagger = self._documents()
        module.init()

    def answer(self, request: HttpRequest) -> Answer:
        """Call ``run()``. What it raises is logged, and answered with 500."""
        try:
            return self.call(request)
        except RunFailed as error:
            cause = error.__cause__
            _log.error("run() failed", exc_info=cause)
            if isinstance(cause, TimeoutError):
                return message(500, f"Scoring timeout after {self._limit_ms} ms", run_failed=True)
            return message(500, RUN_FAILED, run_failed=True)

    def swagger(self, request: HttpRequest) -> Answer:
        """What the script says of itself by inference-schema's decorators, or that it takes and gives objects."""
        if self._swagger is None:
            raise UnusableModel("The scoring script is not loaded.")
        return self._swagger.answer(request)

    def call(self, request: HttpRequest) -> Answer:
        """Call ``run()``.

        Raises:
            Rejected: the request is not what the script takes.
            RunFailed: the script raised something.
            BaseException: its result has no JSON form.
        """
        if not self._raw and request.method not in ("GET", "POST"):
            if request.method == "OPTIONS":
                return empty()
            raise Rejected(405, "Method not allowed")
        duration: list[float] = []

        def run(raw: Any) -> Any:
            values = self._inputs(request, raw)
            if self._wants_headers:
                values[HEADERS_PARAMETER] = request_headers(request)
            begin = time.perf_counter()
            try:
                with time_limit(self._limit_ms):
                    return self._run(**values)
            except BaseException as error:
                raise RunFailed from error
            finally:
                duration.append((time.perf_counter() - begin) * 1000)

        answer = self._called(request, run)
        return answer.with_header(DURATION_HEADER, f"{duration[-1]:.3f}")

    def _documents(self) -> Documents:
        folder = Path(os.environ.get("AZUREML_APP_ROOT") or self._path.parent)
        if "inference_schema" not in sys.modules:
            return Documents(folder)
        util = importlib.import_module("inference_schema.schema_util")
        versions = util.get_supported_versions(self._run)
        if not util.is_schema_decorated(self._run):
            return Documents(folder, versions=versions)
        return Documents(folder, util.get_input_schema(self._run), util.get_output_schema(self._run), versions)

    def _called(self, request: HttpRequest, run: Callable[[Any], Any]) -> Answer:
        bridge = self._flask = self._flask or FlaskBridge.if_used()
        if bridge is not None:
            return bridge.call(request, run, json_answer)
        result = run(None)
        bridge = self._flask = FlaskBridge.if_used()  # this very call may have imported it, and returned a response
        return json_answer(result) if bridge is None else bridge.call(request, lambda raw: result, json_answer)

    def _imported(self) -> ModuleType:
        sys.path.insert(0, str(self._path.parent))
        spec = importlib.util.spec_from_file_location(MODULE_NAME, self._path)
        if spec is None or spec.loader is None:
            raise UnusableModel(f"{self._path.name} is not a Python file.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[MODULE_NAME] = module
        try:
            spec.loader.exec_module(module)
        except ModuleNotFoundError as error:
            if _lacks_raw_http(error.name or "", self._path):
                raise UnusableModel(RAW_HTTP_NEEDS.format(script=self._path.name)) from error
            raise
        return module

    def _look_at(self, run: Callable[..., Any]) -> None:
        if inspect.iscoroutinefunction(run):
            raise UnusableModel(
                f"run() in {self._path.name} is a coroutine; a scoring script's run() is a plain function."
            )
        declared = list(inspect.signature(run).parameters.values())
        if any(parameter.kind not in _KINDS for parameter in declared):
            raise UnusableModel(
                f"run() in {self._path.name} cannot accept positional-only arguments, *args, or **kwargs."
            )
        expected = [parameter for parameter in declared if parameter.name != HEADERS_PARAMETER]
        if not expected:
            raise UnusableModel(f"run() in {self._path.name} needs to accept an argument for input data.")
        first, by_name = expected[0].name, _takes_fields(run)
        self._run, self._wants_headers, self._raw = run, len(expected) < len(declared), wants_raw_request()
        if self._raw and by_name:
            raise UnusableModel(f"run() in {self._path.name} cannot be decorated with both @rawhttp and @input_schema.")
        if self._raw:
            self._inputs = lambda request, raw: {first: raw}
        elif by_name:
            self._inputs = lambda request, raw: fields_input(request, expected)
        else:
            self._inputs = lambda request, raw: {first: text_input(request)}


def _lacks_raw_http(missing: str, script: Path) -> bool:
    # What is missing may be a package above: `azureml`.
    text = script.read_text(encoding="utf-8", errors="replace")
    return any(module in text and f"{module}.".startswith(f"{missing}.") for module in RAW_HTTP_MODULES)


def _takes_fields(run: Callable[..., Any]) -> bool:
    # The decorators of the package inference-schema make run() take the body's fields as arguments.
    if "inference_schema" not in sys.modules:
        return False
    util = importlib.import_module("inference_schema.schema_util")
    return bool(util.is_schema_decorated(run))


def _not_loaded(**_: Any) -> Any:
    raise UnusableModel("The scoring script is not loaded.")
