"""Entry scripts: a file with ``init()`` and ``run()``."""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from .answers import Answer, Rejected, answer_of

MODULE_NAME = "entry_script"


class UnusableModel(Exception):
    """The model or its script cannot be served; the text says why, for the person who wrote it."""


class EntryScript:
    """Serves a model through its entry script.

    Args:
        path: the script. Its folder goes to the front of ``sys.path``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._run: Callable[..., Any] = _not_loaded
        self._by_name = False

    def load(self) -> None:
        """Import the script and call its ``init()``.

        Raises:
            UnusableModel: there is no such file, or it lacks ``run()``, or it wants the raw HTTP request.
            Exception: whatever the script raises.
        """
        if not self._path.is_file():
            raise UnusableModel(f"There is no scoring script {self._path.name} in the code folder.")
        module = _imported(self._path)
        run = getattr(module, "run", None)
        if not callable(run):
            raise UnusableModel(
                f"{self._path.name} has no function run(); a scoring script needs init() and run(data)."
            )
        if inspect.iscoroutinefunction(run):
            raise UnusableModel(
                f"run() in {self._path.name} is a coroutine; a scoring script's run() is a plain function."
            )
        if getattr(getattr(module, "rawhttp", None), "__module__", "").startswith("azureml"):
            raise UnusableModel(
                f"{self._path.name} uses rawhttp; the embedded workspace hands the body to run(), not the HTTP request."
            )
        self._run, self._by_name = run, _takes_fields(run)
        init = getattr(module, "init", None)
        if callable(init):
            init()

    def answer(self, body: bytes) -> Answer:
        """Call ``run()`` with the body's text, or with its fields where the script declares a schema.

        Raises:
            Rejected: the body is not text or not what the schema takes.
            Exception: whatever the script raises.
        """
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise Rejected(400, f"The body is not UTF-8 text: {error.reason} at byte {error.start}.") from error
        if not self._by_name:
            return answer_of(self._run(text))
        fields = parsed(text)
        if not isinstance(fields, dict):
            raise Rejected(400, "The body must be a JSON object: the scoring script declares its inputs by name.")
        try:
            inspect.signature(self._run).bind(**fields)
        except TypeError as error:
            raise Rejected(400, f"The body's fields do not fit the scoring script's inputs: {error}.") from error
        return answer_of(self._run(**fields))


def parsed(text: str | bytes) -> Any:
    """Read JSON.

    Raises:
        Rejected: it is none.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise Rejected(400, f"The body is not JSON: {error}.") from error


def _imported(path: Path) -> ModuleType:
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    if spec is None or spec.loader is None:
        raise UnusableModel(f"{path.name} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_NAME] = module
    spec.loader.exec_module(module)
    return module


def _takes_fields(run: Callable[..., Any]) -> bool:
    # The decorators of the package inference-schema make run() take the body's fields as arguments.
    if "inference_schema" not in sys.modules:
        return False
    util = importlib.import_module("inference_schema.schema_util")
    return bool(util.is_schema_decorated(run))


def _not_loaded(*_: Any) -> Any:
    raise UnusableModel("The scoring script is not loaded.")
