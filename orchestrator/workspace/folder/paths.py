"""Where things are inside an embedded workspace's folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core import private_files
from orchestrator.core.errors import Invalid

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

_IGNORE_FILE = ".gitignore"
_IGNORE_ALL = "*\n"
_SAFE_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.@-]{1,255}")


@dataclass(frozen=True, slots=True)
class WorkspacePaths:
    """The layout of one embedded workspace. Nothing here changes the disk but `create`.

    Attributes:
        root: the workspace's folder, absolute.
    """

    root: Path

    @property
    def db(self) -> Path:
        """The SQLite database with records and state."""
        return self.root / "workspace.db"

    @property
    def marker(self) -> Path:
        """The file that tells a workspace's folder from any other folder, and holds the workspace's identity."""
        return self.root / "workspace.json"

    @property
    def content(self) -> Path:
        """Files by digest."""
        return self.root / "content"

    @property
    def jobs(self) -> Path:
        """One folder for each run."""
        return self.root / "jobs"

    @property
    def environments(self) -> Path:
        """Virtual environments by digest."""
        return self.root / "environments"

    @property
    def endpoints(self) -> Path:
        """One folder for each online endpoint."""
        return self.root / "endpoints"

    @property
    def tracking(self) -> Path:
        """The MLflow server's database and artifacts."""
        return self.root / "tracking"

    @property
    def supervisor(self) -> Path:
        """Lock, address, token and log of the supervisor."""
        return self.root / "supervisor"

    @property
    def datastores(self) -> Path:
        """One folder for each datastore that has no place of its own."""
        return self.root / "datastores"

    @property
    def downloads(self) -> Path:
        """Files fetched from URLs, by digest of the URL."""
        return self.root / "downloads"

    @property
    def secrets(self) -> Path:
        """Secrets that something needs at run time, one owner-only file for each resource."""
        return self.root / "secrets"

    @property
    def cache(self) -> Path:
        """What can be computed again at any time."""
        return self.root / "cache"

    @property
    def arm(self) -> Path:
        """Certificates and address of the server that speaks Azure's wire."""
        return self.root / "arm"

    def job(self, run: str) -> Path:
        """The folder of a run.

        Raises:
            Invalid: the name would leave the folder.
        """
        return self.jobs / safe_name(run)

    def endpoint(self, name: str) -> Path:
        """The folder of an online endpoint.

        Raises:
            Invalid: the name would leave the folder.
        """
        return self.endpoints / safe_name(name)

    def datastore(self, name: str) -> Path:
        """The folder of a datastore.

        Raises:
            Invalid: the name would leave the folder.
        """
        return self.datastores / safe_name(name)

    @property
    def exists(self) -> bool:
        """Whether there is a workspace's database."""
        return self.db.is_file()

    def create(self) -> None:
        """Make the folder, for its owner only and ignored by git.

        A folder that holds other things as well, such as a project's own, keeps its rights and what git does with it.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        ignore = self.root / _IGNORE_FILE
        if not ignore.exists() and set(self.root.iterdir()) == set(self.own_entries()):
            self.root.chmod(PRIVATE_FOLDER)
            private_files.replace(ignore, _IGNORE_ALL)

    def own_entries(self) -> tuple[Path, ...]:
        """What there is in the folder and belongs to the workspace."""
        files = [self.root / f"{self.db.name}{suffix}" for suffix in ("", "-wal", "-shm", "-journal")]
        folders = (self.content, self.jobs, self.environments, self.endpoints, self.tracking, self.supervisor)
        more = (self.datastores, self.downloads, self.secrets, self.cache, self.arm)
        found = [entry for entry in (*files, self.marker, *folders, *more) if entry.exists() or entry.is_symlink()]
        found += self.root.glob(f"{self.db.name}.*.lock")  # of the projects' states
        ignore = self.root / _IGNORE_FILE
        if ignore.is_file() and ignore.read_text(encoding="utf-8", errors="replace") == _IGNORE_ALL:
            found.append(ignore)
        return tuple(found)


def safe_name(name: str) -> str:
    """Return a name that is safe as one part of a path.

    Raises:
        Invalid: it is empty, ``.`` or ``..``, or holds a separator or another character that no resource name has.
    """
    if not _SAFE_NAME.fullmatch(name):
        raise Invalid(f"{name!r} is not a valid folder name.", fix="Use letters, digits, '_', '-', '.' and '@'.")
    return name


def inside(folder: Path, relative: str) -> Path:
    """Join a path from outside to a folder and make sure that it stays there.

    Args:
        folder: the folder that must not be left.
        relative: a relative path with ``/`` as separator; empty means the folder itself.

    Returns:
        The path with all symbolic links followed.

    Raises:
        Invalid: the path is absolute, or leaves the folder by ``..`` or through a symbolic link.
    """
    base = folder.resolve()
    path = (base / relative).resolve()
    if "\0" in relative or (path != base and base not in path.parents):
        raise Invalid(f"The path {relative!r} leaves its folder.", fix="Use a relative path without '..'.")
    return path
