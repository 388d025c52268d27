"""What a file or folder of the content store consists of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass


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
    def parse(cls, data: bytes, digest: str) -> Manifest | None:
        """Read `text` back; None if it does not have this digest, and so is no longer what was written."""
        if hashlib.sha256(data).hexdigest() != digest:
            return None
        tree = json.loads(data)
        return cls(tree["name"], tree["folder"], {path: StoredFile(*file) for path, file in tree["files"].items()})
