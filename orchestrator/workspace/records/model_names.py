"""What belongs to a model's name and not to one version: tags, a description, aliases. MLflow calls it a registered model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.store import RecordStore

KIND: Final = "registered_models"
"""Kind of the records. Not a kind of specs."""

_ALIASES: Final = "aliases"


@dataclass(frozen=True, slots=True)
class ModelNames:
    """Names of one workspace's models."""

    store: RecordStore

    def find(self, name: str) -> Record | None:
        """The record of a name; None if nobody has said anything about the name itself."""
        return self.store.get(*_key(name))

    def names(self) -> list[str]:
        """All names of which there is a record or a version, in order."""
        spoken = {record.name for record in self.store.list(KIND)}
        return sorted(spoken | {record.name for record in self.store.list(record_kinds.MODELS) if not record.deleting})

    def write(self, name: str, changes: Mapping[str, Any]) -> None:
        """Change fields of a name: ``tags``, ``description``, ``aliases`` (alias to version). The record is made if it is not there."""
        found = self.find(name)
        body = {**(found.body if found is not None else {}), **changes}
        body = {field: value for field, value in body.items() if value not in (None, {})}
        record = Record(*_key(name), body=body)
        if found is None:
            self.store.insert(record)
        else:
            self.store.update_body(record, same_work=True)

    def forget(self, name: str) -> None:
        """Remove what was said about a name; versions stay."""
        self.store.delete(_key(name))

    def aliases(self, name: str) -> Mapping[str, str]:
        """Alias to version."""
        found = self.find(name)
        return dict(found.body.get(_ALIASES) or {}) if found is not None else {}

    def set_aliases(self, name: str, aliases: Mapping[str, str]) -> None:
        """Replace all aliases of a name."""
        self.write(name, {_ALIASES: dict(aliases)})


def _key(name: str) -> RecordKey:
    return RecordKey(KIND, f"{KIND}.{name}")
