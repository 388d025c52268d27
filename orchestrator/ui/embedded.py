"""What the runs of an embedded workspace have logged and made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator.core.figures import Figures
from orchestrator.core.resource import Observed
from orchestrator.ui.facts import RunFile
from orchestrator.workspace.service import RecordKey, Workspace


class EmbeddedRuns:
    """See `facts.Tracked`.

    Args:
        root: the workspace's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def figures(self, run: Observed) -> Figures | None:
        return Workspace(self._root).tracked.figures(run.revision)

    def children(self, run: Observed) -> Sequence[Figures]:
        return Workspace(self._root).tracked.children(run.revision)

    def files(self, run: Observed) -> Sequence[RunFile]:
        return [RunFile(name, path.stat().st_size) for name, path in sorted(self._files(run).items()) if path.is_file()]

    def file(self, run: Observed, name: str) -> Path | None:
        return self._files(run).get(name)

    def _files(self, run: Observed) -> dict[str, Path]:
        workspace = Workspace(self._root)
        try:
            record = workspace.get(RecordKey(run.address.kind, str(run.address), run.revision))
            return dict(workspace.tracked.files(record)) if record is not None else {}
        finally:
            workspace.close()
