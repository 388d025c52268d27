"""The files that a run has under its own name on Azure: what it put into ``./outputs``, and its logs.

Source: azure-ai-ml 1.35, ``jobs.download``: everything below ``ExperimentRun/dcid.RUN`` of the artifact store. Code, inputs and named
outputs lie elsewhere there, and MLflow's clients list the same files as artifacts of the run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths, safe_name
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.records.record import MLFLOW_RUN, Record
from orchestrator.workspace.tracking.tracked_files import TrackedFiles

OWN_FOLDERS: Final = ("outputs", "user_logs", "system_logs")
"""Folders of a run that are for everybody; the others are between supervisor and runner."""


def own_files(paths: WorkspacePaths, run: Record, outputs: Iterable[str] = ()) -> Iterator[tuple[str, Path]]:
    """Path below the run's name, and file.

    Args:
        outputs: names of outputs of a run whose record does not have them yet.
    """
    folder = paths.job(run.revision)
    named = _named(run, outputs)
    for top in OWN_FOLDERS:
        for path in sorted((folder / top).rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and name.parts[:2] not in named:
                yield name.as_posix(), path


def all_files(paths: WorkspacePaths, run: Record) -> Iterator[tuple[str, Path]]:
    """The same with the files of its named outputs, wherever those lie."""
    yield from own_files(paths, run)
    for output, place in (run.attributes.get("outputs") or {}).items():
        top = Path(str(place))
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and not path.is_symlink():
                inner = path.relative_to(top).as_posix() if path != top else ""
                yield "/".join(filter(None, (OWN_FOLDERS[0], output, inner))), path


def _named(run: Record, outputs: Iterable[str]) -> set[tuple[str, ...]]:
    """Places of named outputs among the others. Some types have no others: there they are what the run has made."""
    if not execution_of(run.variant).own_outputs:
        return set()
    return {(OWN_FOLDERS[0], safe_name(name)) for name in (*outputs, *(run.attributes.get("outputs") or ()))}


def show_in_mlflow(paths: WorkspacePaths, run: Record, outputs: Iterable[str] = ()) -> None:
    """Put a run's files among its artifacts in MLflow, sharing the bytes. What was logged there under the same name stays.

    Doing it twice is the same as once, and adds what has come since.
    """
    artifacts = TrackedFiles(paths).folder(str(run.attributes.get(MLFLOW_RUN) or ""))
    if artifacts is None:
        return
    for name, path in own_files(paths, run, outputs):
        target = artifacts / name
        with contextlib.suppress(FileExistsError, NotADirectoryError):
            target.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            _share(path, target)


def _share(path: Path, target: Path) -> None:
    # Not a symbolic link: MLflow refuses to follow those out of a run's folder.
    try:
        os.link(path, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without such links
        shutil.copy2(path, target)
