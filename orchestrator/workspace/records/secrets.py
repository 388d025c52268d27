"""Secrets that jobs and deployments need when they run: one owner-only file for each resource, never part of a record."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from orchestrator.core import private_files
from orchestrator.core.errors import Invalid
from orchestrator.core.url_secrets import without_passwords
from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths
from orchestrator.workspace.logs.masking import StreamMask
from orchestrator.workspace.records.record import Record, RecordKey

Path_: TypeAlias = tuple[str | int, ...]
SecretValues: TypeAlias = Sequence[tuple[Path_, str]]
"""Paths inside a body, and the value that belongs there."""


BODY: Final = "body"
ATTRIBUTES: Final = "attributes"


@dataclass(frozen=True, slots=True)
class Kept:
    """The secrets of one resource; see `SecretFiles.put`."""

    values: SecretValues = ()
    named: Mapping[str, str] = field(default_factory=dict)
    reported: SecretValues = ()


class SecretFiles:
    """The secrets of one workspace.

    Args:
        paths: the workspace.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths

    def put(
        self,
        key: RecordKey,
        values: SecretValues,
        named: Mapping[str, str] | None = None,
        reported: SecretValues = (),
    ) -> None:
        """Keep the secrets of a resource, in place of those kept before. None to keep means no file.

        Args:
            key: the resource.
            values: what belongs where.
            named: name to value of each secret by itself; a value that belongs somewhere may hold one among other text.
            reported: what readers of the resource get to see in full; paths that begin with ``body`` or ``attributes``.
        """
        target = self._file(key)
        if not values and not reported:
            target.unlink(missing_ok=True)
            return
        self._paths.create()
        self._paths.secrets.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        kept = {
            "values": _listed(values),
            "named": dict(named or {}),
            **({"told": _listed(reported)} if reported else {}),
        }
        private_files.replace(target, json.dumps(kept))

    def hand_on(self, source: RecordKey, target: RecordKey, moved: Callable[[Path_], Path_ | None]) -> None:
        """Give a resource the secrets of another, whose body it has in part.

        Args:
            source: has the secrets.
            target: gets them.
            moved: a place inside the one body as a place inside the other; None if the other has not this part. What stood there is
                hidden all the same.

        Raises:
            Invalid: the kept secrets are damaged.
        """
        kept = self.kept(source)
        values = _moved(kept.values, moved)
        reported = _moved([(path[1:], value) for path, value in kept.reported if path[0] == BODY], moved)
        self.put(target, values, kept.named, [((BODY, *path), value) for path, value in reported])

    def keep_to_oneself(self, key: RecordKey) -> None:
        """What readers of a resource got to see in full is gone from it: others wrote it anew.

        Raises:
            Invalid: the kept secrets are damaged.
        """
        kept = self.kept(key)
        if kept.reported:
            self.put(key, kept.values, kept.named)

    def reveal(self, record: Record) -> dict[str, Any]:
        """A copy of a record's body with the secrets in their places. For a process's eyes only: never store or log it.

        Raises:
            Invalid: the kept secrets are damaged.
        """
        body: dict[str, Any] = copy.deepcopy(dict(record.body))
        for path, value in self.kept(record.key).values:
            _set(body, path, value)
        return body

    def reported(self, record: Record) -> Record:
        """A record with the texts that its readers get to see in full. Never store it as it is.

        Raises:
            Invalid: the kept secrets are damaged.
        """
        reported = self.kept(record.key).reported
        if not reported:
            return record
        tree = copy.deepcopy({BODY: dict(record.body), ATTRIBUTES: dict(record.attributes)})
        for path, value in reported:
            _set(tree, path, value)
        return replace(record, body=tree[BODY], attributes=tree[ATTRIBUTES])

    def to_hide(self, record: Record) -> dict[str, str]:
        """Secret value to its name: what must not appear in anything that a process of the resource prints.

        Raises:
            Invalid: the kept secrets are damaged.
        """
        return self._to_hide(record.key)

    def mask(self, key: RecordKey) -> Callable[[str], str]:
        """Takes a resource's secrets, and passwords in addresses, out of texts that its processes gave rise to.

        Raises:
            Invalid: the kept secrets are damaged.
        """
        hidden = self._to_hide(key)
        return lambda text: without_passwords(StreamMask(hidden).text(text) if hidden else text)

    def _to_hide(self, key: RecordKey) -> dict[str, str]:
        kept = self.kept(key)
        hidden = {value: name for name, value in kept.named.items()}
        for path, value in kept.values:
            if not any(secret in value for secret in hidden if secret):
                hidden[value] = str(path[-1])
        return hidden

    def kept(self, key: RecordKey) -> Kept:
        """What is kept of a resource.

        Raises:
            Invalid: it is damaged.
        """
        try:
            kept = json.loads(self._file(key).read_text(encoding="utf-8"))
            return Kept(_placed(kept["values"]), kept["named"], _placed(kept.get("told", ())))
        except FileNotFoundError:
            return Kept()
        except (ValueError, TypeError, KeyError):
            raise Invalid(f"The kept secrets of {key.address} are damaged.", fix="Apply again.") from None

    def forget(self, key: RecordKey) -> None:
        """Remove the secrets of a resource."""
        self._file(key).unlink(missing_ok=True)

    def _file(self, key: RecordKey) -> Path:
        return self._paths.secrets / secret_file(key)


def secret_file(key: RecordKey) -> str:
    """The name of the file with a resource's secrets."""
    return f"{hashlib.sha256(chr(10).join(key).encode()).hexdigest()}.json"


def _listed(values: SecretValues) -> list[list[Any]]:
    return [[list(path), value] for path, value in values]


def _placed(listed: Iterable[Any]) -> SecretValues:
    return [(tuple(path), value) for path, value in listed]


def _moved(values: SecretValues, moved: Callable[[Path_], Path_ | None]) -> SecretValues:
    placed = [(moved(tuple(path)), value) for path, value in values]
    return [(place, value) for place, value in placed if place is not None]


def _set(tree: Any, path: Sequence[str | int], value: str) -> None:
    for part in path[:-1]:
        tree = tree[part]
    tree[path[-1]] = value
