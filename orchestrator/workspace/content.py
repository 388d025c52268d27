"""Files of an embedded workspace, kept once by their digest."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.paths import WorkspacePaths, inside, safe_name

SCHEME: Final = "content://"
"""How a record's body mentions files of the store: ``content://<manifest digest>``."""

_CHUNK = 1 << 20
_READ_ONLY = 0o444
_READ_ONLY_PROGRAM = 0o555
_WRITABLE = 0o644
_WRITABLE_PROGRAM = 0o755
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a manifest.

    Attributes:
        digest: SHA-256 of its bytes.
        size: in bytes.
        program: it may be executed.
    """

    digest: str
    size: int
    program: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """A file or folder of the store.

    Attributes:
        name: of the file or folder.
        folder: whether it is one.
        files: relative path (POSIX) to file; of a single file, its name.
    """

    name: str
    folder: bool
    files: Mapping[str, StoredFile]

    def text(self) -> str:
        """The canonical JSON whose SHA-256 is the manifest's digest."""
        files = {path: [file.digest, file.size, file.program] for path, file in sorted(self.files.items())}
        return json.dumps({"name": self.name, "folder": self.folder, "files": files}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Manifest:
        """Read `text` back."""
        tree = json.loads(text)
        return cls(tree["name"], tree["folder"], {path: StoredFile(*file) for path, file in tree["files"].items()})


class ContentStore:
    """Files by digest, trees by manifest. Nothing in it ever changes; two that put the same content at once do not disturb each other.

    Args:
        paths: the workspace. Its folder is made by the first `put`.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths

    def put(self, files: LocalFiles) -> str:
        """Take a copy of a local file or folder.

        Returns:
            The digest of its manifest.

        Raises:
            Invalid: a file is gone, cannot be read, or lies outside of the folder behind a symbolic link.
            Conflict: a file is no longer what the manifest says.
        """
        self._paths.create()
        folder = files.path.is_dir()
        planned = files.manifest if folder else {files.path.name: files.manifest.get(files.path.name, "")}
        stored = {}
        for path, digest in planned.items():
            source = _source(files.path, path) if folder else files.path
            stored[path] = self._take(source)
            self._check_planned(source, stored[path].digest, digest)
        manifest = Manifest(files.path.name, folder, stored)
        text = manifest.text().encode()
        digest = hashlib.sha256(text).hexdigest()
        self._keep(digest, text)
        return digest

    def manifest(self, digest: str) -> Manifest:
        """What a manifest digest stands for.

        Raises:
            NotFound: the store has no such manifest.
        """
        try:
            return Manifest.parse(self._object(digest).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotFound(f"The content {digest[:12]} is not in the workspace.") from None

    def materialise(self, digest: str, into: Path, *, writable: bool) -> Path:
        """Lay a file or folder out below a folder, which is made if need be.

        Args:
            digest: of the manifest.
            into: the files of a folder land right in it; a single file keeps its name.
            writable: copies that may be changed; otherwise read-only files, which share the store's bytes where that is safe.

        Returns:
            The folder `into`, or the single file in it.

        Raises:
            NotFound: the store has no such content.
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
            NotFound: the store has no such content.
        """
        manifest = self.manifest(digest)
        home = self._paths.content / "views" / digest
        if not home.is_dir():
            building = home.with_name(f"{digest}.{secrets.token_hex(8)}")
            self.materialise(
                digest, building / safe_or_plain(manifest.name) if manifest.folder else building, writable=False
            )
            try:
                building.rename(home)
            except OSError:
                shutil.rmtree(building)
                if not home.is_dir():
                    raise
        return home / (safe_or_plain(manifest.name) if manifest.folder else manifest.name)

    def size(self, digests: Iterable[str]) -> int:
        """Bytes of all files of some manifests together, each file counted once."""
        files = {file.digest: file.size for digest in digests for file in self.manifest(digest).files.values()}
        return sum(files.values())

    def _object(self, digest: str) -> Path:
        if len(digest) != hashlib.sha256().digest_size * 2 or not _HEX.issuperset(digest):
            raise Invalid(f"{digest[:80]!r} is not a digest of stored content.")
        return self._paths.content / digest[:2] / digest

    def _take(self, source: Path) -> StoredFile:
        try:
            with source.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                status = os.fstat(stream.fileno())
                if not _complete(self._object(digest), status.st_size):
                    stream.seek(0)
                    self._copy(stream.fileno(), source, digest)
        except OSError as error:
            raise Invalid(f"{source}: {error.strerror or error}.") from error
        return StoredFile(digest, status.st_size, bool(status.st_mode & 0o111))

    def _check_planned(self, source: Path, digest: str, planned: str) -> None:
        if planned in ("", digest):
            return
        # Plans know text files by their text alone, whatever ends its lines.
        text = self._object(digest).read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if hashlib.sha256(text).hexdigest() != planned:
            raise Conflict(f"{source} changed after it was planned.", fix="Plan and apply again.")

    def _copy(self, descriptor: int, source: Path, digest: str) -> None:
        target = self._object(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{digest}.{secrets.token_hex(8)}")
        sha = hashlib.sha256()
        try:
            with draft.open("xb") as out:
                while chunk := os.read(descriptor, _CHUNK):
                    sha.update(chunk)
                    out.write(chunk)
            if sha.hexdigest() != digest:
                raise Conflict(f"{source} changed while it was being copied.", fix="Plan and apply again.")
            draft.chmod(_READ_ONLY)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def _keep(self, digest: str, data: bytes) -> None:
        target = self._object(digest)
        if _complete(target, len(data)):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{digest}.{secrets.token_hex(8)}")
        draft.write_bytes(data)
        draft.chmod(_READ_ONLY)
        draft.replace(target)

    def _lay_out(self, file: StoredFile, target: Path, *, writable: bool) -> None:
        source = self._object(file.digest)
        if not _complete(source, file.size):
            raise NotFound(
                f"The content {file.digest[:12]} is missing or damaged.", fix="Apply again to bring it back."
            )
        target.unlink(missing_ok=True)
        # The administrator writes through read-only files, so a shared one would not be safe from a job.
        if not writable and not file.program and os.geteuid() != 0:
            with contextlib.suppress(OSError):
                os.link(source, target)
                return
        shutil.copyfile(source, target)
        modes = (_WRITABLE, _WRITABLE_PROGRAM) if writable else (_READ_ONLY, _READ_ONLY_PROGRAM)
        target.chmod(modes[file.program])


def safe_or_plain(name: str) -> str:
    """The name itself if it can be a folder's name as it is, otherwise ``content``."""
    try:
        return safe_name(name)
    except Invalid:
        return "content"


def _complete(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _source(folder: Path, relative: str) -> Path:
    try:
        return inside(folder, relative)
    except Invalid:
        raise Invalid(
            f"{folder / relative} lies outside of its folder, behind a symbolic link or '..'.",
            fix="Put the file itself into the folder, or leave it out with an .amlignore file.",
        ) from None
