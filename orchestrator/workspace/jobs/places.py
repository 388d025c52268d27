"""Where a run's outputs go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.core.errors import Invalid
from orchestrator.workspace.folder.paths import WorkspacePaths, inside, safe_name
from orchestrator.workspace.jobs.folder import JobFolder

_DATASTORE = re.compile(r"azureml://datastores/(?P<name>[^/]+)/paths/(?P<path>.+)")
_DEFAULT_DATASTORE = "workspaceblobstore"
_VALUES = frozenset({"boolean", "integer", "number", "string"})


def is_value(spec: Mapping[str, Any]) -> bool:
    """Whether an output is a value for other steps and not data: a file with its text."""
    return str(spec.get("type") or "").lower() in _VALUES


def is_file(spec: Mapping[str, Any]) -> bool:
    """Whether the place of an output is a file that the job makes, and not a folder."""
    return spec.get("type") == "uri_file" or is_value(spec)


def output_place(paths: WorkspacePaths, folder: JobFolder, run: str, name: str, spec: Mapping[str, Any]) -> Path:
    """The place of one output: a folder below the run's, or where its ``path`` says.

    The templates ``${{name}}`` (the run), ``${{output_name}}`` and ``${{default_datastore}}`` are filled in.

    Raises:
        Invalid: the path is outside of the workspace's datastores.
    """
    path = spec.get("path")
    if not path:
        return folder.outputs / safe_name(name)
    text = str(path)
    for template, value in (("name", run), ("output_name", name), ("default_datastore", _DEFAULT_DATASTORE)):
        text = re.sub(r"\$\{\{\s*" + template + r"\s*\}\}", value, text)
    match = _DATASTORE.fullmatch(text)
    if match is None:
        raise Invalid(
            f"Output '{name}' goes to '{text}', which is not a location in this workspace.",
            fix="Leave 'path' out, or use azureml://datastores/workspaceblobstore/paths/….",
        )
    return inside(paths.datastore(match["name"]), match["path"])
