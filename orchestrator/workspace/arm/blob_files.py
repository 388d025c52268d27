"""Blobs as files: written as a whole, with their metadata beside them."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import IO, Any, Final

from orchestrator.core import private_files
from orchestrator.workspace.arm.messages import WireError
from orchestrator.workspace.arm.storage import Storage
from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths

PIECE: Final = 1 << 20
"""Files are copied in pieces of so many bytes."""


@dataclass(frozen=True, slots=True)
class BlobFacts:
    """What is known of a blob beside its bytes.

    Attributes:
        metadata: names in lower case.
        lease: id of the lease that is on it; empty if none.
        lease_s: how long it holds each time it is taken or renewed, seconds; -1 means for ever.
        lease_ends: seconds since the epoch; infinite if it never ends.
    """

    metadata: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/octet-stream"
    lease: str = ""
    lease_s: int = 0
    lease_ends: float = 0.0


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob that exists."""

    path: Path
    size: int
    etag: str
    modified: str
    facts: BlobFacts


def lease_of(blob: Blob) -> str:
    """The id of the lease that holds now; empty if none does."""
    return blob.facts.lease if blob.facts.lease_ends > time.time() else ""


class BlobFiles:
    """Reads and writes blobs. Safe to use from several threads.

    Args:
        paths: the workspace.
        storage: finds files.
    """

    def __init__(self, paths: WorkspacePaths, storage: Storage) -> None:
        self.storage = storage
        self._facts = paths.arm / "blobs"
        self._blocks = paths.arm / "blocks"
        self.lock = threading.RLock()

    def get(self, container: str, name: str) -> Blob | None:
        """A blob, or None."""
        path = self.storage.place(container, name)
        if not path.is_file():
            return None
        status = path.stat()
        facts = self._read_facts(container, name)
        mark = hashlib.sha256(repr((status.st_mtime_ns, status.st_size, sorted(facts.metadata.items()))).encode())
        etag = f'"0x{mark.hexdigest()[:16].upper()}"'
        return Blob(path, status.st_size, etag, formatdate(status.st_mtime, usegmt=True), facts)

    def put(self, container: str, name: str, data: IO[bytes], facts: BlobFacts) -> Blob:
        """Write a blob, in place of one that is there.

        Raises:
            WireError: it belongs to a run.
        """
        self._check(container, name)
        with self._drafted(container, name) as file:
            shutil.copyfileobj(data, file, PIECE)
        self.put_facts(container, name, facts)
        return self._existing(container, name)

    def _check(self, container: str, name: str) -> None:
        if not name or not self.storage.writable(container, name):
            raise WireError(403, "AuthorizationPermissionMismatch", "Results of runs are not written over.")

    @contextmanager
    def _drafted(self, container: str, name: str) -> Iterator[IO[bytes]]:
        """A file that becomes the blob when it is written, and is gone when that fails."""
        path = self.storage.place(container, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".upload-{secrets.token_hex(8)}")
        try:
            with private_files.open_new(draft) as file:
                yield file
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def put_facts(self, container: str, name: str, facts: BlobFacts) -> Blob:
        """Change what is known of a blob."""
        self._facts.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        file = self._fact_file(container, name)
        tree = {**asdict(facts), "metadata": dict(facts.metadata)}
        private_files.replace(file, json.dumps(tree))
        return self._existing(container, name)

    def put_block(self, container: str, name: str, block: str, data: IO[bytes]) -> None:
        """Keep a block until its blob is joined."""
        folder = self._block_folder(container, name)
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with private_files.replacing(folder / hashlib.sha256(block.encode()).hexdigest()) as file:
            shutil.copyfileobj(data, file, PIECE)

    def join(self, container: str, name: str, blocks: Sequence[str], facts: BlobFacts) -> Blob:
        """Make a blob of blocks.

        Raises:
            WireError: one of them was never put.
        """
        folder = self._block_folder(container, name)
        parts = [folder / hashlib.sha256(block.encode()).hexdigest() for block in blocks]
        if not all(part.is_file() for part in parts):
            raise WireError(400, "InvalidBlockList", "The list names a block that was not put.")
        self._check(container, name)
        with self._drafted(container, name) as file:
            for part in parts:
                with part.open("rb") as data:
                    shutil.copyfileobj(data, file, PIECE)
        blob = self.put_facts(container, name, facts)
        for part in folder.iterdir():
            part.unlink()
        folder.rmdir()
        return blob

    def delete(self, container: str, name: str) -> None:
        """Remove a blob."""
        if not self.storage.writable(container, name):
            raise WireError(403, "AuthorizationPermissionMismatch", "Results of runs are not removed.")
        self.storage.place(container, name).unlink(missing_ok=True)
        self._fact_file(container, name).unlink(missing_ok=True)

    def _existing(self, container: str, name: str) -> Blob:
        blob = self.get(container, name)
        if blob is None:
            raise WireError(404, "BlobNotFound", "The blob no longer exists.")
        return blob

    def _read_facts(self, container: str, name: str) -> BlobFacts:
        try:
            tree: dict[str, Any] = json.loads(self._fact_file(container, name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return BlobFacts()
        return BlobFacts(**tree)

    def _fact_file(self, container: str, name: str) -> Path:
        return self._facts / f"{_digest(container, name)}.json"

    def _block_folder(self, container: str, name: str) -> Path:
        return self._blocks / _digest(container, name)


def _digest(container: str, name: str) -> str:
    return hashlib.sha256(f"{container}\n{name}".encode()).hexdigest()
