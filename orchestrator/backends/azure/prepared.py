"""Folders for the client to upload: exactly what a manifest names, whatever else lies beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import Conflict, Invalid
from orchestrator.core.file_digests import agrees
from orchestrator.core.ports import Request
from orchestrator.core.value import LocalFiles, mapped

PREFIX: Final = "amlctl-upload-"
"""The name of every prepared folder's parent begins like this: the client's ignore rules do not hold below, see `sdk.repairs`."""


@contextmanager
def prepared(request: Request) -> Iterator[Request]:
    """A request whose local folders are prepared ones, until the block ends.

    A prepared folder has the folder's name and a link for each file of the manifest. The client follows links and uploads what they lead
    to under the links' names. Source: azure-ai-ml, ``_asset_utils``; proven on the wire.

    Raises:
        Invalid: a file is gone or cannot be read.
        Conflict: a file is no longer what was planned.
    """
    with tempfile.TemporaryDirectory(prefix=PREFIX) as home:
        places: dict[Path, Path] = {}

        def ready(value: Any) -> Any:
            if not isinstance(value, LocalFiles):
                return value
            if not value.path.is_dir():
                _check(value.path, value.manifest.get(value.path.name, ""))
                return value
            if value.path not in places:
                places[value.path] = _laid_out(value, Path(home, str(len(places)), value.path.name))
            return replace(value, path=places[value.path])

        yield replace(request, properties=mapped(request.properties, ready))


def _laid_out(files: LocalFiles, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, planned in files.manifest.items():
        source, link = files.path / name, folder / name
        _check(source, planned)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(source)
    return folder


def _check(path: Path, planned: str) -> None:
    try:
        same = not planned or agrees(path, planned, path.suffix)
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror or error}.") from error
    if not same:
        raise Conflict(f"{path} changed after the plan was created.", fix="Plan and apply again.")
