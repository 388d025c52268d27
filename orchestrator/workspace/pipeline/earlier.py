"""Earlier results of steps: which runs there are, and how a run takes one of them over."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.core import private_files
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths, safe_name
from orchestrator.workspace.folder.trees import share_tree
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.jobs.folder import Ending, JobFolder, RunExit
from orchestrator.workspace.pipeline.making import Made
from orchestrator.workspace.records.record import PARENT, STEP, Record
from orchestrator.workspace.records.store import RecordStore


class Earlier:
    """The results that there were when a pipeline began.

    Args:
        store: the workspace.
        parent: the pipeline's run; its own steps are not earlier ones.
    """

    def __init__(self, store: RecordStore, parent: Record) -> None:
        self._found: dict[str, Record] = {}
        for record in store.list(parent.kind):
            step = record.attributes.get(STEP)
            if not step or record.deleting or record.health is not Health.HEALTHY:
                continue
            if record.attributes.get(PARENT) != parent.revision:
                self._found[str(step.get("digest"))] = record

    def of(self, made: Made, digest: str) -> Record | None:
        """The newest run whose result a step may have; None if there is none, or not all of it is kept."""
        record = self._found.get(digest) if made.reused else None
        return record if record is not None and kept_whole(record, made) else None


def kept_whole(record: Record, made: Made) -> bool:
    """Whether all that a job leaves is there of an earlier run of it, and may be taken over."""
    outputs: Mapping[str, str] = record.attributes.get("outputs") or {}
    expected = execution_of(made.variant).outputs(made.body)
    return _movable(made) and all(name in outputs and Path(outputs[name]).exists() for name in expected)


def _movable(made: Made) -> bool:
    """Whether each run has places of its own: at a place that all share, others may have written meanwhile."""
    return not any(port.get("path") for port in (made.body.get("outputs") or {}).values())


def take_over(paths: WorkspacePaths, source: Record, run: str) -> dict[str, Any]:
    """Give a run the files of an earlier one, sharing the bytes. Doing it twice is the same as once.

    Returns:
        Attributes for the run's record.
    """
    folder, old = JobFolder(paths.job(run)), JobFolder(paths.job(source.revision))
    for place in (folder.path, folder.outputs, folder.logs):
        place.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    outputs = {}
    for name, place in (source.attributes.get("outputs") or {}).items():
        target = folder.outputs / safe_name(name)
        share_tree(Path(place), target)
        outputs[name] = str(target)
    if old.outputs.is_dir():
        share_tree(old.outputs, folder.outputs)
    private_files.replace(folder.log, f"Reused from {source.revision}: nothing has changed since.\n")
    now = time.time()
    RunExit(0, Ending.COMPLETED, "", now, now).write(folder)
    result = execution_of(source.variant).result
    kept = {name: source.attributes[name] for name in ("metrics", result) if name in source.attributes}
    return {**kept, "outputs": outputs, "exit_code": 0, "duration_s": 0.0}
