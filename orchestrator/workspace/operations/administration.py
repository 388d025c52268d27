"""Operations on an embedded workspace as a whole: up, down, status, gc, reset."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import Invalid
from orchestrator.core.health import Health
from orchestrator.workspace.folder.identity import ensure_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.garbage.sweep import Part, sweep
from orchestrator.workspace.operations.endpoint_health import health_shown
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.database import require_database
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.schedules.clock import ScheduleFacts, facts
from orchestrator.workspace.serving.files import RouterFiles
from orchestrator.workspace.serving.numbers import endpoint_counters
from orchestrator.workspace.serving.sockets import forget_sockets
from orchestrator.workspace.supervision.client import LOOK_TIMEOUT_S, SupervisorClient
from orchestrator.workspace.supervision.control import ControlFiles
from orchestrator.workspace.supervision.home import at_home
from orchestrator.workspace.tracking.server import TrackingServer

STARTING: Final = "starting"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class WorkspaceStatus:
    """How a workspace is.

    Attributes:
        path: its folder.
        exists: whether there is anything in it.
        pid: process id of the supervisor; None if none runs.
        since: when it started, seconds since the epoch; None if none runs.
        tracking: address of the MLflow server; empty if none runs.
        broken: name of a part of the supervisor to what is wrong with it.
        records: kind to the number of its records, archived ones left out.
        jobs: runs that are not finished.
        endpoints: online endpoints.
        disk: part of the folder to bytes on disk; a file with several names counts once.
        requests: endpoint to deployment to what the router has counted since it started.
        firings: schedules with their last and next firings.
    """

    path: Path
    exists: bool
    pid: int | None
    since: float | None
    tracking: str
    broken: Mapping[str, str]
    records: Mapping[str, int]
    jobs: tuple[Running, ...]
    endpoints: tuple[Running, ...]
    disk: Mapping[str, int]
    requests: Mapping[str, Any] = field(default_factory=dict)
    firings: Sequence[ScheduleFacts] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """A run or an endpoint.

    Attributes:
        name: of the run or endpoint.
        url: where an endpoint answers; empty for runs.
    """

    name: str
    health: Health
    phase: str
    message: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class GarbageSweep:
    """What was removed of a workspace because nothing needs it.

    Attributes:
        path: the workspace's folder.
        dry_run: nothing was removed: this is what would be.
        parts: part of the workspace to the number of things and the bytes.
    """

    path: Path
    dry_run: bool
    parts: Mapping[str, Part]


def up(root: Path, progress: Callable[[str], None] = lambda line: None) -> WorkspaceStatus:
    """Start the supervisor, which brings back what ran before, and wait until it has looked at everything once.

    Args:
        root: the workspace's folder.
        progress: told what is waited for.

    Raises:
        Failed: it does not start, or what it needs is not installed.
    """
    paths = WorkspacePaths(root)
    ensure_identity(paths)
    client = SupervisorClient(paths)
    client.ensure()
    client.until_looked(progress, LOOK_TIMEOUT_S)
    return status(root)


def down(root: Path) -> bool:
    """Stop everything that the workspace has started: jobs, scoring servers, router, tracking server, supervisor.

    Returns:
        Whether there was anything to stop.

    Raises:
        TimedOut: something did not stop in time.
        Failed: a supervisor was killed and left processes behind, and no other can be started to stop them.
    """
    paths = WorkspacePaths(root)
    client = SupervisorClient(paths)
    stopped = client.shutdown()
    if not stopped and ControlFiles(paths).address.exists() and at_home(paths):
        # The supervisor died without taking down what it had started; its successor knows how to find that.
        client.ensure()
        stopped = client.shutdown()
    # Without a supervisor it may have been started for clients of the served wire.
    TrackingServer(paths).stop()
    if stopped:
        _forget_sockets(paths)
    return stopped


def _forget_sockets(paths: WorkspacePaths) -> None:
    for folder in (RouterFiles(paths).folder, *paths.endpoints.glob("*/deployments/*")):
        forget_sockets(folder)


def status(root: Path) -> WorkspaceStatus:
    """Look at a workspace. Starts and creates nothing."""
    paths = WorkspacePaths(root)
    answer = SupervisorClient(paths).status()
    store = RecordStore(paths)
    try:
        records = [record for record in store.list() if not record.archived]
    finally:
        store.close()
    return WorkspaceStatus(
        root,
        paths.exists,
        answer.get("pid"),
        answer.get("since"),
        str(answer.get("tracking") or ""),
        answer.get("broken") or {},
        dict(sorted(Counter(record.kind for record in records).items())),
        tuple(
            _running(record)
            for record in records
            if record.kind == record_kinds.JOBS and record.health is Health.PROGRESSING
        ),
        tuple(_running(record) for record in records if record.kind == record_kinds.ENDPOINTS),
        _disk(paths),
        endpoint_counters(paths) if answer else {},
        facts(records, datetime.now(UTC)),
    )


def reset(root: Path) -> bool:
    """Take the workspace down and delete all that belongs to it. Files of others in the same folder stay.

    Returns:
        Whether there was anything to delete.

    Raises:
        Invalid: the folder is not an embedded workspace.
        TimedOut, Failed: see `down`; nothing was deleted.
    """
    paths = WorkspacePaths(root)
    if not root.exists():
        return False
    _require_ours(paths)
    down(root)
    for entry in paths.own_entries():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    if not any(root.iterdir()):
        root.rmdir()
    return True


def gc(root: Path, grace_s: float, *, dry_run: bool) -> GarbageSweep:
    """Remove what no record needs any more. The workspace may run meanwhile; nothing is started.

    Args:
        root: the workspace's folder.
        grace_s: what was used within so many seconds stays.
        dry_run: only tell.

    Raises:
        Invalid: the folder is not an embedded workspace, or its database is damaged; nothing was removed.
    """
    paths = WorkspacePaths(root)
    require_database(paths)
    if not paths.exists:
        # Without its records everything would look as if nobody needed it.
        return GarbageSweep(root, dry_run, {})
    _require_ours(paths)
    if not paths.marker.is_file():
        raise _not_ours(root)
    store = RecordStore(paths)
    try:
        return GarbageSweep(root, dry_run, sweep(paths, store, grace_s, dry_run=dry_run))
    finally:
        store.close()


def _require_ours(paths: WorkspacePaths) -> None:
    """Refuse to delete anything where our marker is not, or where a link leads.

    Raises:
        Invalid: saying which.
    """
    if paths.root.is_symlink():
        raise Invalid(
            f"{paths.root} is a symbolic link, so nothing was deleted.",
            fix=f"Name the folder itself: --path {paths.root.resolve()}",
        )
    if paths.marker.is_symlink() or not (paths.marker.is_file() or _only_ours(paths)):
        raise _not_ours(paths.root)


def _not_ours(root: Path) -> Invalid:
    return Invalid(f"{root} is not an embedded workspace, so nothing in it was deleted.", fix="Check the path.")


def _only_ours(paths: WorkspacePaths) -> bool:
    """Whether the folder holds nothing but files of a workspace: an apply may have died before the marker was written.

    Folders prove nothing: anybody's may be called ``jobs`` or ``content``.
    """
    found = set(paths.root.iterdir())
    return found == set(paths.own_entries()) and not any(entry.is_dir() for entry in found)


def _running(record: Record) -> Running:
    name = record.revision or record.name
    health, message = health_shown(record.health, record.message, record.attributes)
    phase = record.phase if health is record.health else STARTING if health is Health.PROGRESSING else FAILED
    return Running(name, health, phase, message, str(record.attributes.get("scoring_uri") or ""))


def _disk(paths: WorkspacePaths) -> dict[str, int]:
    seen: set[tuple[int, int]] = set()
    return {entry.name: size for entry in paths.own_entries() if (size := _size(entry, seen))}


def _size(entry: Path, seen: set[tuple[int, int]]) -> int:
    if not entry.is_dir() or entry.is_symlink():
        return _bytes(entry, seen)
    return sum(_bytes(Path(folder, name), seen) for folder, _, names in os.walk(entry) for name in names)


def _bytes(path: Path, seen: set[tuple[int, int]]) -> int:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return 0
    if (found.st_dev, found.st_ino) in seen:
        return 0
    seen.add((found.st_dev, found.st_ino))
    return found.st_blocks * 512
