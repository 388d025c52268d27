"""The parts that tests of the embedded workspace play themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint, digest_text
from orchestrator.core.health import Health
from orchestrator.core.ports import Request
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore

Rounds = Callable[[RecordStore, Record], None]


@dataclass
class Supervisor:
    """What the managers would do, done when the supervisor is woken.

    Attributes:
        act: what happens to each record that is in progress or on its way out.
        started: how often somebody made sure that there is one.
    """

    store: RecordStore
    act: Rounds
    started: int = 0
    seen: list[str] = field(default_factory=list)

    def wake(self) -> None:
        for record in self.store.list():
            if record.deleting or record.health is Health.PROGRESSING:
                self.seen.append(record.address)
                self.act(self.store, record)


def obey(store: RecordStore, record: Record) -> None:
    """Everything succeeds at once."""
    if record.deleting:
        store.delete(record.key)
    else:
        store.update_status(record.key, health=Health.HEALTHY, phase="done", generation=record.generation)


def request(address: str, revision: str = "", body: Mapping[str, Any] | None = None, content: str = "c") -> Request:
    """A request whose fingerprint follows from `content`."""
    return Request(
        Address.parse(address),
        revision=revision,
        properties=body or {},
        fingerprint=Fingerprint(digest_text(content)),
        owner="heart",
        key=f"{address}@{content}",
    )
