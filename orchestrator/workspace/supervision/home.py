"""Which folder a workspace's processes belong to: a copy of the folder must not take the original's processes for its own."""

from __future__ import annotations

from pathlib import Path

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import PROCESS
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.control import ControlFiles, home_of, write_private


def at_home(paths: WorkspacePaths) -> bool:
    """Whether what the files say of processes is about this folder, not about one that it was copied from."""
    try:
        return ControlFiles(paths).home.read_text(encoding="utf-8") == home_of(paths)
    except OSError:
        return False


def settle_home(paths: WorkspacePaths, store: RecordStore) -> bool:
    """Make this folder the home of what is started from now on. Only for the holder of the supervisor's lock.

    In a folder that was copied or moved, everything that names a process, a socket or a port of the former home is removed: the
    original's scoring servers, router, tracking server and runs are not this workspace's to adopt, and still less to stop.

    Returns:
        Whether the folder had another home before.
    """
    note = ControlFiles(paths).home
    home = home_of(paths)
    before = note.read_text(encoding="utf-8") if note.exists() else ""
    moved = before not in ("", home)
    if moved:
        for path in _of_processes(paths):
            path.unlink(missing_ok=True)
        for record in store.list():
            if PROCESS in record.attributes:
                store.update_status(record.key, attributes={PROCESS: None})
    if before != home:
        write_private(note, home)
    return moved


def _of_processes(paths: WorkspacePaths) -> list[Path]:
    router = paths.endpoints / ".router"
    files = [ControlFiles(paths).address, paths.tracking / "address.json", router / "process", router / "table.json"]
    for pattern in ("*/bound", "*/deployments/*/state.json", "*/deployments/*/*.server.json"):
        files += paths.endpoints.glob(pattern)
    return [*files, *paths.jobs.glob("*/process")]
