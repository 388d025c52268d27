"""Files of an embedded workspace, kept once by their digest."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files.intake import Intake, has_size, object_path
from orchestrator.workspace.files.manifest import Manifest, StoredFile
from orchestrator.workspace.folder.durable import sync, sync_tree
from orchestrator.workspace.folder.paths import WorkspacePaths, inside, safe_name
from orchestrator.workspace.folder.sharing import adding

SCHEME: Final = "content://"
"""How a record's body mentions files of the store: ``content://<manifest digest>``."""

DAMAGED: Final = "content-damaged"
"""Code of the error about content that is no longer what its digest says."""

_AGAIN: Final = "Apply again to restore it."
_BROKEN: Final = "broken-"
_READ_ONLY = 0o444
_READ_ONLY_PROGRAM = 0o555
_WRITABLE = 0o644
_WRITABLE_PROGRAM = 0o755


class ContentStore:
    """Files by digest, trees by manifest. Nothing in it ever changes; two that put the same content at once do not disturb each other.

    Args:
        paths: the workspace. Its folder is made by the first `put`.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths

    def put(self, files: LocalFiles, name: str = "") -> str:
        """Take a copy of a local file or folder.

        Args:
            name: of a folder, in place of its own.

        Returns:
            The digest of its manifest.

        Raises:
            Invalid: a file is gone, cannot be read, or lies outside of the folder behind a symbolic link.
            Conflict: a file is no longer what the manifest says.
        """
        self._paths.create()
        folder = files.path.is_dir()
        planned = files.manifest if folder else {files.path.name: files.manifest.get(files.path.name, "")}
        with adding(self._paths.content), Intake(self._paths.content) as intake:
            stored = {}
            for path, digest in planned.items():
                stored[path] = intake.take(_source(files.path, path) if folder else files.path, digest)
            text = Manifest((folder and name) or files.path.name, folder, stored).text().encode()
            digest = intake.keep(text)
            intake.finish()
        return digest

    def manifest(self, digest: str) -> Manifest:
        """What a manifest digest stands for.

        Raises:
            NotFound: the store has no such manifest, or it is damaged.
        """
        place = object_path(self._paths.content, digest)
        try:
            found = Manifest.parse(place.read_bytes(), digest)
        except FileNotFoundError:
            raise NotFound(f"The content {digest[:12]} is not in the workspace.", code=DAMAGED, fix=_AGAIN) from None
        if found is None:
            raise _damaged(place)
        return found

    def materialise(self, digest: str, into: Path, *, writable: bool) -> Path:
        """Lay a file or folder out below a folder, which is made if need be.

        Args:
            digest: of the manifest.
            into: the files of a folder land right in it; a single file keeps its name.
            writable: copies that may be changed; otherwise read-only files, which share the store's bytes where that is safe.

        Returns:
            The folder `into`, or the single file in it.

        Raises:
            NotFound: the store has no such content, or it is damaged; then the next `put` of the same bytes brings it back.
            Invalid: a path of the manifest would leave the folder.
        """
        manifest = self.manifest(digest)
        into.mkdir(parents=True, exist_ok=True)
        for path, file in manifest.files.items():
            target = inside(into, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._lay_out(file, target, writable=writable)
        return into if manifest.folder else into / manifest.name

    def path_of(self, digest: str) -> Path:
        """A read-only place of a file or folder under its own name, laid out once and shared by all who ask.

        Raises:
            NotFound: the store has no such content, or it is damaged.
        """
        manifest = self.manifest(digest)
        with adding(self._paths.content):
            return self._view(digest, manifest)

    def lacks(self, digests: Iterable[str]) -> bool:
        """Whether a file of some manifests, or a manifest itself, is not there any more. Looks at names and sizes; reads no content."""
        for digest in digests:
            try:
                manifest = self.manifest(digest)
            except NotFound:
                return True
            if not all(has_size(object_path(self._paths.content, f.digest), f.size) for f in manifest.files.values()):
                return True
        return False

    def parts(self, digest: str) -> Iterable[str]:
        """The digests of a manifest's files; none if there is no such manifest, or if it is damaged. Changes nothing."""
        try:
            manifest = Manifest.parse(object_path(self._paths.content, digest).read_bytes(), digest)
        except FileNotFoundError:
            return ()
        return [file.digest for file in manifest.files.values()] if manifest is not None else ()

    def _view(self, digest: str, manifest: Manifest) -> Path:
        home = views_of(self._paths) / digest
        place = home / (safe_or_plain(manifest.name) if manifest.folder else manifest.name)
        if home.is_dir() and not _whole(place, manifest):
            # Out of the way rather than away: somebody may be reading what is left of it.
            with contextlib.suppress(FileNotFoundError):  # unless somebody else was first
                home.rename(home.with_name(f"{_BROKEN}{digest}.{secrets.token_hex(8)}"))
        if not home.is_dir():
            self._make_view(digest, home, place.name if manifest.folder else "")
        with contextlib.suppress(PermissionError):
            os.utime(home)  # in use from now on: see `workspace.garbage.sweep`
        return place

    def _make_view(self, digest: str, home: Path, name: str) -> None:
        building = home.with_name(f"{digest}.{secrets.token_hex(8)}")
        try:
            self.materialise(digest, building / name, writable=False)
            sync_tree(building)
            building.rename(home)
        except OSError:
            if not home.is_dir():  # otherwise somebody else was first
                raise
        finally:
            shutil.rmtree(building, ignore_errors=True)
        sync(home.parent)

    def size(self, digests: Iterable[str]) -> int:
        """Bytes of all files of some manifests together, each file counted once."""
        files = {file.digest: file.size for digest in digests for file in self.manifest(digest).files.values()}
        return sum(files.values())

    def _lay_out(self, file: StoredFile, target: Path, *, writable: bool) -> None:
        source = object_path(self._paths.content, file.digest)
        if not has_size(source, file.size) or _digest(source) != file.digest:
            raise _damaged(source)
        target.unlink(missing_ok=True)
        # The administrator writes through read-only files, so a shared one would not be safe from a job.
        if not writable and not file.program and os.geteuid() != 0:
            with contextlib.suppress(OSError):
                os.link(source, target)
                return
        shutil.copyfile(source, target)
        modes = (_WRITABLE, _WRITABLE_PROGRAM) if writable else (_READ_ONLY, _READ_ONLY_PROGRAM)
        target.chmod(modes[file.program])


def views_of(paths: WorkspacePaths) -> Path:
    """Where content is laid out to be read: a folder for each manifest that was asked for."""
    return paths.content / "views"


def safe_or_plain(name: str) -> str:
    """The name itself if it can be a folder's name as it is, otherwise ``content``."""
    try:
        return safe_name(name)
    except Invalid:
        return "content"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _whole(place: Path, manifest: Manifest) -> bool:
    """Whether all files of a view are there with their sizes."""
    if not manifest.folder:
        return all(has_size(place, file.size) for file in manifest.files.values())
    return place.is_dir() and all(has_size(place / path, file.size) for path, file in manifest.files.items())


def _damaged(place: Path) -> NotFound:
    """The error about an object that is not what its name says; it goes, so that the next `put` does not take it for the real one."""
    place.unlink(missing_ok=True)
    return NotFound(f"The content {place.name[:12]} is missing or damaged.", code=DAMAGED, fix=_AGAIN)


def _source(folder: Path, relative: str) -> Path:
    try:
        return inside(folder, relative)
    except Invalid:
        raise Invalid(
            f"{folder / relative} is outside its folder (through a symbolic link or '..').",
            fix="Replace the link with the file itself, or exclude it with .amlignore.",
        ) from None
