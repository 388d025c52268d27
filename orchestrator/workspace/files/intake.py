"""Files on their way into the content store."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from orchestrator.core import private_files
from orchestrator.core.disk import DISK_FULL, ROOM, full_disk, is_full
from orchestrator.core.errors import Conflict, Failed, Invalid
from orchestrator.core.file_digests import agrees
from orchestrator.workspace.files.manifest import StoredFile
from orchestrator.workspace.folder.durable import Draft, put_in_place

_CHUNK = 1 << 20
_READ_ONLY = 0o444
_HEX = frozenset("0123456789abcdef")


class Intake:
    """Takes files: copies them under names of their own, and puts them in place all together or throws them away.

    Args:
        content: the store's folder.
    """

    def __init__(self, content: Path) -> None:
        self._content = content
        self._drafts: dict[str, Draft] = {}

    def __enter__(self) -> Intake:
        return self

    def __exit__(self, *_: object) -> None:
        for draft in self._drafts.values():
            draft.path.unlink(missing_ok=True)

    def take(self, source: Path, planned: str) -> StoredFile:
        """Copy a file, unless the store has its bytes. `planned` is the digest that it shall have, empty if nobody knows."""
        try:
            with source.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                status = os.fstat(stream.fileno())
                if self._lacks(digest, status.st_size):
                    stream.seek(0)
                    self._copy(stream.fileno(), source, digest)
        except OSError as error:
            if is_full(error):
                raise Failed(full_disk(self._content), code=DISK_FULL, fix=ROOM) from error
            raise Invalid(f"{source}: {error.strerror or error}.") from error
        if planned not in ("", digest) and not agrees(self._kept(digest), planned, source.suffix):
            raise Conflict(f"{source} changed after the plan was created.", fix="Plan and apply again.")
        return StoredFile(digest, status.st_size, bool(status.st_mode & 0o111))

    def keep(self, data: bytes) -> str:
        """Take some bytes, unless the store has them. Returns their digest."""
        digest = hashlib.sha256(data).hexdigest()
        if self._lacks(digest, len(data)):
            draft = self._draft(digest)
            private_files.create(draft, data)
            draft.chmod(_READ_ONLY)
        return digest

    def finish(self) -> None:
        """Put everything in place, durable."""
        put_in_place(list(self._drafts.values()))
        self._drafts.clear()

    def _lacks(self, digest: str, size: int) -> bool:
        """Whether bytes have to be copied. Those that are there count as used from now on: see `workspace.garbage.sweep`."""
        if digest in self._drafts:
            return False
        place = object_path(self._content, digest)
        if not has_size(place, size):
            return True
        os.utime(place)
        return False

    def _copy(self, descriptor: int, source: Path, digest: str) -> None:
        draft = self._draft(digest)
        sha = hashlib.sha256()
        with private_files.open_new(draft) as out:
            while chunk := os.read(descriptor, _CHUNK):
                sha.update(chunk)
                out.write(chunk)
        if sha.hexdigest() != digest:
            raise Conflict(f"{source} changed while it was being copied.", fix="Plan and apply again.")
        draft.chmod(_READ_ONLY)

    def _draft(self, digest: str) -> Path:
        target = object_path(self._content, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._drafts[digest] = Draft(target.with_name(f".{digest}.{secrets.token_hex(8)}"), target)
        return self._drafts[digest].path

    def _kept(self, digest: str) -> Path:
        draft = self._drafts.get(digest)
        return draft.path if draft is not None else object_path(self._content, digest)


def object_path(content: Path, digest: str) -> Path:
    """Where the bytes with a digest are kept.

    Raises:
        Invalid: it is no digest.
    """
    if len(digest) != hashlib.sha256().digest_size * 2 or not _HEX.issuperset(digest):
        raise Invalid(f"{digest[:80]!r} is not a digest of stored content.")
    return content / digest[:2] / digest


def has_size(path: Path, size: int) -> bool:
    """Whether there is a file of so many bytes."""
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False
