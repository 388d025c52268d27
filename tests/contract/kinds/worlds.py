"""Workspaces in which the contract of each kind is tried. Another backend is another `World` and one more fixture."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from orchestrator.core import deep_learning
from orchestrator.core.address import Address
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.tree import value_at
from orchestrator.kinds import discover
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from tests.unit.kinds.cases import Case, merged


class World(Protocol):
    """A workspace, seen from behind the tool's back."""

    @property
    def choice(self) -> WorkspaceChoice:
        """What a project's target says to get there."""
        ...

    def body(self, case: Case, body: Mapping[str, Any]) -> dict[str, Any]:
        """A body of a case, changed so that this workspace takes it."""
        ...

    def refuses(self, case: Case) -> str:
        """Part of the reason why this workspace cannot do such a resource; empty if it can."""
        ...

    def meddle(self, address: Address, patch: Mapping[str, Any]) -> None:
        """Change the newest live object at an address, as somebody else would."""
        ...

    def vanish(self, address: Address) -> None:
        """Delete every live object at an address, as somebody else would."""
        ...

    def disown(self) -> None:
        """Take every mark from every live object, and every record of ours from the state: as if others had made it all."""
        ...

    def made(self, address: Address) -> int:
        """When the newest live object at an address was made, as a number that rises."""
        ...

    def facts(self) -> Any:
        """Everything that is durable, state included: equal before and after if nothing was written."""
        ...


@dataclass(frozen=True)
class EmbeddedWorld:
    """The embedded workspace in a folder. Who makes its records true is the fixture's affair."""

    root: Path
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def choice(self) -> WorkspaceChoice:
        return WorkspaceChoice("local", {"path": str(self.root), "stand_ins": dict(self.stand_ins)})

    def body(self, case: Case, body: Mapping[str, Any]) -> dict[str, Any]:
        fitting = {name: patch for name, patch in (case.embedded or {}).items() if name in body}
        return merged(body, fitting)

    def refuses(self, case: Case) -> str:
        task = case.variant.removeprefix("automl.")
        return "" if deep_learning.is_deep(task) and not deep_learning.missing(task) else case.refused

    def meddle(self, address: Address, patch: Mapping[str, Any]) -> None:
        with closing(RecordStore(WorkspacePaths(self.root))) as store:
            record = _newest(store, address)
            assert value_at(record.body, ("tags",)) is None or patch
            store.update_body(replace(record, body=merged(record.body, patch)), same_work=True)

    def vanish(self, address: Address) -> None:
        with closing(RecordStore(WorkspacePaths(self.root))) as store:
            for record in store.list(address.kind):
                if record.address == str(address):
                    store.delete(record.key)

    def disown(self) -> None:
        with closing(RecordStore(WorkspacePaths(self.root))) as store:
            for kind in discover():
                for record in store.list(kind):
                    store.update_body(replace(record, owner=None, fingerprint=None), same_work=True)

    def made(self, address: Address) -> int:
        with closing(RecordStore(WorkspacePaths(self.root))) as store:
            return _newest(store, address).order

    def facts(self) -> Any:
        database = WorkspacePaths(self.root).db
        if not database.exists():
            return None
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return "\n".join(connection.iterdump())


def _newest(store: RecordStore, address: Address) -> Record:
    found = store.latest(address.kind, str(address))
    assert found is not None, address
    return found
