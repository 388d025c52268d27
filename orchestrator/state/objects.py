"""What a state in an object store needs of it: conditional writes and leases, as blob storage has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it was read.

    Attributes:
        etag: changes with every write.
    """

    data: bytes
    etag: str


class Moved(Exception):
    """A conditional write found another version than it was told of, or an object where none should be."""


class ObjectStore(Protocol):
    """Objects under names. Every method raises `core.errors.StateError` if the place cannot be reached or used."""

    @property
    def place(self) -> str:
        """For people: where the objects are, without secrets."""
        ...

    def read(self, name: str) -> Stored | None:
        """An object, or None."""
        ...

    def write(self, name: str, data: bytes, *, etag: str | None) -> str:
        """Write an object if it still is the version of this tag; None means that there must be none. Returns the new tag.

        Raises:
            Moved: it is another version.
        """
        ...

    def overwrite(self, name: str, data: bytes, *, lease: str = "") -> None:
        """Write an object whatever is there. One with a lease can be written by its holder only."""
        ...

    def acquire(self, name: str, seconds: int) -> str | None:
        """Lease an object, which is made if it is not there, for 15 to 60 seconds. Returns the lease, or None if another has one."""
        ...

    def renew(self, name: str, lease: str) -> bool:
        """Put off the end of a lease. Returns whether it still is ours."""
        ...

    def release(self, name: str, lease: str) -> None:
        """Let go of a lease. One that has ended already is no error."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
