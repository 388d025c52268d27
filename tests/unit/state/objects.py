"""An object store in memory, as strict as blob storage."""

from __future__ import annotations

import itertools
import threading

from orchestrator.core.errors import StateError
from orchestrator.state.objects import Moved, Stored


class MemoryObjects:
    """Implements `orchestrator.state.objects.ObjectStore`.

    Attributes:
        writes: how often an object was written.
        away: the place cannot be reached.
    """

    def __init__(self) -> None:
        self.data: dict[str, Stored] = {}
        self.leases: dict[str, str] = {}
        self.writes = 0
        self.away = False
        self._numbers = itertools.count(1)
        self._using = threading.Lock()

    @property
    def place(self) -> str:
        return "memory"

    def read(self, name: str) -> Stored | None:
        self._reach()
        return self.data.get(name)

    def write(self, name: str, data: bytes, *, etag: str | None) -> str:
        self._reach()
        with self._using:
            known = self.data.get(name)
            if (known.etag if known else None) != etag:
                raise Moved
            return self._put(name, data)

    def overwrite(self, name: str, data: bytes, *, lease: str = "") -> None:
        self._reach()
        if self.leases.get(name, lease) != lease:
            raise StateError("another has the lease")
        self._put(name, data)

    def acquire(self, name: str, seconds: int) -> str | None:
        self._reach()
        with self._using:
            if name in self.leases:
                return None
            self.data.setdefault(name, Stored(b"", "0"))
            self.leases[name] = f"lease-{next(self._numbers)}"
            return self.leases[name]

    def renew(self, name: str, lease: str) -> bool:
        self._reach()
        return self.leases.get(name) == lease

    def release(self, name: str, lease: str) -> None:
        if self.leases.get(name) == lease:
            del self.leases[name]

    def close(self) -> None:
        """Nothing is open."""

    def _put(self, name: str, data: bytes) -> str:
        self.writes += 1
        self.data[name] = Stored(data, str(next(self._numbers)))
        return self.data[name].etag

    def _reach(self) -> None:
        if self.away:
            raise StateError("not reached", code="state-unreachable")
