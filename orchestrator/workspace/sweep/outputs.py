"""What the best trial left becomes what the sweep leaves."""

from __future__ import annotations

from pathlib import Path

from orchestrator.workspace.folder.paths import safe_name
from orchestrator.workspace.folder.trees import share_tree
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
            share_tree(Path(made[name]), Path(place))
    for source in sorted((folder.path.parent / best.revision / "outputs").glob("*")):
        if source.name not in named:
            share_tree(source, folder.outputs / source.name)
