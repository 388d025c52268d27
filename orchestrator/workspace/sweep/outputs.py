"""What the best trial left becomes what the sweep leaves."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from orchestrator.workspace.folder.paths import safe_name
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder
from orchestrator.workspace.records.record import Record


def take_over(best: Record, folder: JobFolder) -> None:
    """Copy the outputs of a completed trial into those of its sweep, sharing the bytes where that is possible.

    Doing it twice is the same as once.
    """
    outputs = RunOrder.read(folder).outputs
    made = best.attributes.get("outputs") or {}
    named = {safe_name(name) for name in made}
    for name, place in outputs.items():
        if name in made:
            _copy(Path(made[name]), Path(place))
    for source in sorted((folder.path.parent / best.revision / "outputs").glob("*")):
        if source.name not in named:
            _copy(source, folder.outputs / source.name)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        for inner in source.iterdir():
            _copy(inner, target / inner.name)
    elif source.exists() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        _share(source, target)


def _share(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
