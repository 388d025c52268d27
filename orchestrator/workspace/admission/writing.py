"""What must be true before a record is written: what it reads from runs is there, and a model is what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.workspace.files.content import SCHEME
from orchestrator.workspace.files.keeping import keep
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import KEPT
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import resolve
from orchestrator.workspace.references.stand_ins import stand_in_for

MODELS: Final = record_kinds.MODELS
_MLFLOW: Final = "mlflow_model"
MLMODEL: Final = "MLmodel"
"""The file that describes an MLflow model."""

_OF_RUNS: Final = re.compile(r"azureml://jobs/[^/\s]+/outputs/\S+|runs:/\S+|models:/\S+")
"""Addresses of what runs have made. Everything else may come into being later."""

_LABELS: Final = frozenset({"tags", "properties", "description", "display_name", "command", "environment_variables"})
"""Fields whose texts are for people and shells."""


def admit(
    store: RecordStore, paths: WorkspacePaths, kind: str, body: Mapping[str, Any], stand_ins: Mapping[str, str]
) -> dict[str, Any]:
    """Look at the body of a record that is about to be made.

    Args:
        kind: of the record.
        body: as it will be kept.
        stand_ins: see `assets.resolve`.

    Returns:
        Attributes that the record gets: where a model that a run has made is kept.

    Raises:
        NotFound: a run, or an output of a run, that the body reads does not exist.
        Invalid: the model is no MLflow model.
    """
    for text in _read(body):
        if _OF_RUNS.fullmatch(text) and stand_in_for(stand_ins, text) is None:
            resolve(store, paths, stand_ins, text)
    if kind != MODELS or not isinstance(path := body.get("path"), str):
        return {}
    place = _place(store, paths, path, stand_ins)
    if place is None:
        return {}
    if body.get("type") == _MLFLOW:
        require_description(place, path)
    return {KEPT: keep(paths, place, path)} if _OF_RUNS.fullmatch(path) else {}


def require_description(place: Path, text: str) -> None:
    """Make sure that a folder holds an MLflow model.

    Raises:
        Invalid: it has no file ``MLmodel``.
    """
    if (place / MLMODEL).is_file():
        return
    below = sorted(path.parent.relative_to(place).as_posix() for path in place.glob(f"*/{MLMODEL}"))
    shown = "the path" if text.startswith(SCHEME) else f"'{text}'"
    raise Invalid(
        f"{shown[0].upper()}{shown[1:]} is not an MLflow model: it has no file {MLMODEL}.",
        fix=f"Did you mean its folder '{below[0]}'?"
        if below
        else "Use the folder with the file MLmodel, or set `type: custom_model`.",
    )


def _place(store: RecordStore, paths: WorkspacePaths, path: str, stand_ins: Mapping[str, str]) -> Path | None:
    """Where a model is; None if it is nowhere on this machine, which is for those to tell who need it."""
    if _OF_RUNS.fullmatch(path) or path.startswith(SCHEME):
        return resolve(store, paths, stand_ins, path, (MODELS, record_kinds.DATA))
    try:
        return (
            resolve(store, paths, stand_ins, path, (MODELS, record_kinds.DATA)) if path.startswith("azureml:") else None
        )
    except (NotFound, Invalid):
        return None


def _read(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _LABELS:
                yield from _read(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _read(item)
