"""What the runs of an embedded workspace have logged and made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from orchestrator.core.figures import Figures
from orchestrator.core.resource import Observed
from orchestrator.core.tracked import RunFile
from orchestrator.workspace.service import Record, RecordKey, Workspace


class LocalRuns:
    """See `core.tracked.Tracked`. Reading starts nothing and holds nothing open.

    Args:
        root: the workspace's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def figures(self, run: Observed) -> Figures | None:
        with self._record(run) as (workspace, record):
            return workspace.tracked.figures(record) if record is not None else None

    def children(self, run: Observed) -> Sequence[Figures]:
        with self._record(run) as (workspace, record):
            return workspace.tracked.children(record) if record is not None else ()

    def files(self, run: Observed) -> Sequence[RunFile]:
        return [RunFile(name, path.stat().st_size) for name, path in sorted(self._files(run).items()) if path.is_file()]

    def file(self, run: Observed, name: str) -> Path | None:
        return self._files(run).get(name)

    def _files(self, run: Observed) -> dict[str, Path]:
        with self._record(run) as (workspace, record):
            return dict(workspace.tracked.files(record)) if record is not None else {}

    @contextmanager
    def _record(self, run: Observed) -> Iterator[tuple[Workspace, Record | None]]:
        workspace = Workspace(self._root)
        try:
            yield workspace, workspace.get(RecordKey(run.address.kind, str(run.address), run.revision))
        finally:
            workspace.close()
