"""What a resource does, as a digest in three parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SCHEME = 2
"""The number of the recipe below, and of which files of a folder are content. Raised when it changes; a plan then says so instead of
rerunning silently."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The split digest of one resource.

    Attributes:
        content: what it does: fields that matter and the bytes of its files. 64 hex digits.
        upstream: the same of everything it depends on, transitively. Empty if it depends on nothing.
        metadata: labels only (tags, description, display name). A change never reruns work.
        scheme: see `SCHEME`.
    """

    content: str
    upstream: str = ""
    metadata: str = ""
    scheme: int = SCHEME

    @property
    def identity(self) -> str:
        """One digest of content and upstream: equal means the same work with the same ingredients."""
        return digest_text(f"{self.scheme}\n{self.content}\n{self.upstream}")

    @property
    def short(self) -> str:
        """The first 12 hex digits of `identity`: in version and run names."""
        return self.identity[:12]

    def pack(self) -> str:
        """One line for a tag of the live object."""
        return f"{self.scheme}:{self.content[:32]}:{self.upstream[:32]}:{self.metadata[:16]}"

    def matches(self, packed: str | None) -> bool:
        """Whether a tag was made from the same content and upstream."""
        if not packed:
            return False
        return packed.rsplit(":", 1)[0] == self.pack().rsplit(":", 1)[0]

    @classmethod
    def combine(cls, content: str, parents: Iterable[tuple[str, str]], metadata: str) -> Fingerprint:
        """Add what lies upstream to a resource's own digests.

        Args:
            content: the resource's own content digest.
            parents: for each reference that cascades, how it is used (field and attribute) and the `identity` of its target
                (or the resolved revision, if the target is external).
            metadata: the digest of the labels.
        """
        lines = sorted(f"{use}={identity}" for use, identity in parents)
        return cls(content, digest_text("\n".join(lines)) if lines else "", metadata)


def digest_text(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(tree: Any) -> str:
    """The one JSON text of a plain tree: keys sorted, no white space, so that key order never matters."""
    return _ENCODER.encode(tree)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_tree(tree: Any) -> str:
    """SHA-256 of a plain tree's canonical form, in hex."""
    return digest_text(canonical(tree))
