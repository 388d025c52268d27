"""Copies of what runs have made, which models are kept by."""

from __future__ import annotations

from pathlib import Path

from orchestrator.core.errors import Invalid
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files.content import SCHEME, ContentStore, safe_or_plain
from orchestrator.workspace.folder.paths import WorkspacePaths


def keep(paths: WorkspacePaths, place: Path, text: str = "") -> str:
    """Take a copy of a file or folder, as of local ones. Returns its address: ``content://DIGEST``.

    Args:
        text: how it was called: a logged model lies in a folder whose name says nothing.
    """
    if place.is_dir():
        names = [path.relative_to(place).as_posix() for path in sorted(place.rglob("*")) if path.is_file()]
        if not names:
            raise Invalid(f"{place} is empty.", fix="Name a file or folder that contains the model.")
    else:
        names = [place.name]
    return SCHEME + ContentStore(paths).put(LocalFiles(place, "", place.name, dict.fromkeys(names, "")), _last(text))


def _last(text: str) -> str:
    name = (
        text.rstrip("/").rpartition("/")[2]
        if text.startswith(("azureml://jobs/", "runs:/"))
        else "model"
        if text
        else ""
    )
    return name if safe_or_plain(name or "-") == name else ""
