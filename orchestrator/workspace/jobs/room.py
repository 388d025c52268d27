"""How many runs may go on at a time: on this machine, and on each compute of the spec."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore


class Room:
    """The free places of one round.

    Args:
        store: to look computes up in.
        total: bound on all runs together.
        running: runs that take a place already.
    """

    def __init__(self, store: RecordStore, total: int, running: Iterable[Record]) -> None:
        self._store = store
        self._taken = Counter(_compute(record) for record in running)
        self._free = total - sum(self._taken.values())
        self._bounds: dict[str, int | None] = {}

    def take(self, record: Record) -> bool:
        """Take a place for a run. Returns whether there was one."""
        compute = _compute(record)
        bound = self._bound(compute)
        if self._free <= 0 or (bound is not None and self._taken[compute] >= bound):
            return False
        self._free -= 1
        self._taken[compute] += 1
        return True

    def _bound(self, compute: str) -> int | None:
        """The most runs of a compute: its ``max_instances``, as each run takes one. None means no bound of its own."""
        if compute and compute not in self._bounds:
            record = self._store.get(record_kinds.COMPUTE, f"{record_kinds.COMPUTE}.{compute}")
            bound = record.body.get("max_instances") if record else None
            # A cluster that may have no machine would let its jobs wait for ever.
            self._bounds[compute] = max(1, bound) if isinstance(bound, int) else None
        return self._bounds.get(compute)


def _compute(record: Record) -> str:
    return str(record.body.get("compute") or "").removeprefix("azureml:")
