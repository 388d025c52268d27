"""What a command line asks of a batch endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import click

from orchestrator.core.batch import BatchRequest
from orchestrator.core.plain_files import read_plain_text
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.scalars import plain_scalar, unspelled

UNNAMED: Final = "input"
"""The name of the one input of those who name none."""

_NAMED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)", re.DOTALL)
_REFERENCE: Final = ("azureml:", "http:", "https:", "wasb:", "wasbs:", "abfs:", "abfss:", "runs:")
_GROUPS: Final = ("compute.", "resources.", "settings.", "retry_settings.")
_INPUTS: Final = "inputs."
_FOLDER, _FILE = "uri_folder", "uri_file"


def batch_request(
    deployment: str, inputs: Iterable[str], inputs_file: Path | None, changes: Iterable[str], output: str | None
) -> BatchRequest:
    """The request of a command line.

    Args:
        deployment: which one; empty for the default one.
        inputs: ``VALUE`` or ``NAME=VALUE``: a local path, a reference, a URL, or a literal.
        inputs_file: YAML with ``inputs`` and ``outputs``.
        changes: ``NAME=VALUE`` of settings of the deployment; ``inputs.NAME=VALUE`` sets an input.
        output: a path in a datastore.

    Raises:
        click.UsageError: something of it cannot be understood.
        SpecError: the file cannot be read.
    """
    said = _file(inputs_file) if inputs_file is not None else {}
    base = inputs_file.absolute().parent if inputs_file is not None else Path.cwd()
    found = {name: _port(value, base) for name, value in (said.get("inputs") or {}).items()}
    settings = {}
    for text in inputs:
        name, value = _named(text)
        found[name] = _value(value, named=name != UNNAMED)
    for text in changes:
        match = re.fullmatch(r"([\w.]+)=(.*)", text, re.DOTALL)
        if match is None:
            raise click.BadParameter("Write NAME=VALUE.", param_hint="--set")
        if match[1].startswith(_INPUTS):
            found[match[1].removeprefix(_INPUTS)] = _value(match[2], named=True)
        else:
            settings[_leaf(match[1])] = unspelled(plain_scalar(match[2]))
    if not found:
        raise click.UsageError("Pass the data with --input, or with --inputs-file.")
    outputs = {name: dict(value) for name, value in (said.get("outputs") or {}).items() if isinstance(value, Mapping)}
    if output:
        outputs = {"score": {"type": _FOLDER, "path": output}}
    return BatchRequest(inputs=found, outputs=outputs, deployment=deployment, settings=settings)


def _leaf(name: str) -> str:
    return next((name.removeprefix(group) for group in _GROUPS if name.startswith(group)), name)


def _named(text: str) -> tuple[str, str]:
    match = _NAMED.fullmatch(text)
    return (match["name"], match["value"]) if match and not Path(text).exists() else (UNNAMED, text)


def _value(text: str, *, named: bool) -> Any:
    """A literal, or a body with the path of data."""
    if text.startswith(_REFERENCE):
        last = text.split("?")[0].rpartition("/")[2]
        return {"type": _FILE if "://" in text and "." in last else _FOLDER, "path": text}
    path = Path(text)
    if path.exists():
        return {"type": _FOLDER if path.is_dir() else _FILE, "path": str(path.absolute())}
    if named:
        return unspelled(plain_scalar(text))
    raise click.BadParameter(f"There is no file or folder '{text}'.", param_hint="--input")


def _port(said: Any, base: Path) -> Any:
    """An input of a file: a scalar, or a body of CLI v2; local paths start at the file's folder."""
    if not isinstance(said, Mapping):
        return unspelled(said)
    if said.get("path") is None:
        return unspelled(said.get("value", said.get("default")))
    path = str(said["path"])
    if not path.startswith(_REFERENCE):
        path = str((base / path).absolute())
    return {**said, "type": str(said.get("type") or _FOLDER), "path": path}


def _file(path: Path) -> Mapping[str, Any]:
    try:
        text = read_plain_text(path)
    except (OSError, UnicodeDecodeError) as problem:
        raise click.FileError(str(path), hint=getattr(problem, "strerror", None) or str(problem)) from problem
    problems = Problems()
    documents = read_documents(text, str(path), problems)
    problems.raise_if_any()
    tree = documents[0] if documents else None
    if not isinstance(tree, Mapping):
        raise click.FileError(str(path), hint="it is not a mapping with 'inputs'.")
    return tree
