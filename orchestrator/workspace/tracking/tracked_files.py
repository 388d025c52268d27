"""Where the files are that runs logged with MLflow: read from MLflow's database, without MLflow and without its server.

MLflow's clients up to 2.22 put a logged model among the files of its run. Those from 3.0 on give it a place of its own and a
name. Source: mlflow/store/tracking/dbmodels/models.py of 3.17, tables ``runs`` and ``logged_models``.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from orchestrator.workspace.folder.paths import WorkspacePaths, inside

BUSY_S: Final = 30.0
"""How long to wait for a writer, seconds."""

_READY: Final = 2
"""Status of a logged model that is whole. Source: mlflow/protos/service.proto, LoggedModelStatus."""

_RUN: Final = "SELECT artifact_uri FROM runs WHERE run_uuid = ? AND lifecycle_stage = 'active'"
_MODELS: Final = f"""
SELECT name, artifact_location FROM logged_models WHERE source_run_id = ? AND lifecycle_stage = 'active'
AND status = {_READY} ORDER BY creation_timestamp_ms, rowid
"""  # noqa: S608
_RUN_OF_MODEL: Final = "SELECT source_run_id FROM logged_models WHERE model_id = ?"
_MODEL: Final = "SELECT artifact_location FROM logged_models WHERE model_id = ? AND lifecycle_stage = 'active'"


@dataclass(frozen=True, slots=True)
class TrackedFiles:
    """Files that runs of one workspace logged. Reading changes and starts nothing."""

    paths: WorkspacePaths

    def find(self, run_id: str, path: str) -> Path | None:
        """A file or folder by the path under which a run logged it; None if the run logged no such thing.

        A model that was logged several times under one name is the last one.

        Raises:
            Invalid: the path leaves its folder.
        """
        for name, place in self.tops(run_id).items():
            if path == name or path.startswith(f"{name}/"):
                found = inside(place, path[len(name) + 1 :]) if path != name else place
                if found.exists():
                    return found
        return None

    def tops(self, run_id: str) -> Mapping[str, Path]:
        """What a run logged at the top: name to file or folder."""
        found: dict[str, Path] = {}
        for (uri,) in self._rows(_RUN, run_id):
            folder = self._here(uri)
            if folder is not None and folder.is_dir():
                found = {path.name: path for path in sorted(folder.iterdir())}
        for name, location in self._rows(_MODELS, run_id):
            folder = self._here(location)
            if folder is not None and folder.is_dir():
                found[name] = folder
        # A model's name may hold a slash; the longer name is meant then.
        return dict(sorted(found.items(), key=lambda item: -len(item[0])))

    def folder(self, run_id: str) -> Path | None:
        """Where a run's own files lie, which need not be there yet; None if there is no such run."""
        return next((self._here(uri) for (uri,) in self._rows(_RUN, run_id)), None)

    def model(self, model_id: str) -> Path | None:
        """The folder of a logged model by its id: ``m-`` and 32 hex digits."""
        for (location,) in self._rows(_MODEL, model_id):
            return self._here(location)
        return None

    def run_of(self, model_id: str) -> str | None:
        """The run that logged a model; None if none did."""
        return next((run for (run,) in self._rows(_RUN_OF_MODEL, model_id)), None)

    def place(self, uri: str) -> Path | None:
        """The file or folder of an address that a client got from the server; None if it lies elsewhere."""
        found = self._here(uri)
        return found if found is not None and found.exists() else None

    def _here(self, uri: str) -> Path | None:
        """A place below the server's own folder, wherever the workspace was when it was written down."""
        _, found, rest = unquote(urlsplit(uri).path).rpartition(f"/{self.paths.tracking.name}/artifacts/")
        return inside(self.paths.tracking / "artifacts", rest) if found else None

    def _rows(self, statement: str, value: str) -> list[tuple[str, ...]]:
        place = self.paths.tracking / "mlflow.db"
        if not place.is_file():
            return []
        try:
            with contextlib.closing(
                sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
            ) as connection:
                return connection.execute(statement, (value,)).fetchall()
        except sqlite3.DatabaseError:
            return []  # damaged or half-made: nothing can be found in it, and its server says why
