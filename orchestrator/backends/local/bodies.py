"""Bodies on their way into the embedded workspace's records, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid
from orchestrator.core.kind import Kind
from orchestrator.core.resource import Observed, mark_tags
from orchestrator.core.value import LocalFiles, Reference, Secret, Template, Unknown, plain
from orchestrator.workspace.service import ADOPTED, FILES, PRIVATE_ATTRIBUTES, SCHEME, Record


@dataclass(slots=True)
class StoredBody:
    """A body as a record keeps it.

    Attributes:
        body: plain data.
        files: the content digest of each local file or folder, to the digest it has in plans.
        secrets: paths inside the body and the secret values that belong there; never part of the record.
        named: name to value of each secret in them.
    """

    body: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    secrets: list[tuple[tuple[str | int, ...], str]] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)


def to_store(properties: Mapping[str, Any], keep: Callable[[LocalFiles], str], secret_key: str) -> StoredBody:
    """Turn properties into plain data: local files go into the workspace, secrets are set aside.

    Args:
        properties: with every reference resolved.
        keep: keeps a local file or folder and returns its digest.
        secret_key: for the digests that stand in the secrets' places.

    Raises:
        Invalid: a reference is left, or a local file cannot be read.
        Conflict: a local file changed meanwhile.
    """
    return _Storing(keep, secret_key).store(properties)


class _Storing:
    def __init__(self, keep: Callable[[LocalFiles], str], secret_key: str) -> None:
        self._keep = keep
        self._secret_key = secret_key
        self._stored = StoredBody()

    def store(self, properties: Mapping[str, Any]) -> StoredBody:
        self._stored.body = self._value(properties, ())
        return self._stored

    def _value(self, value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, Mapping):
            return {str(key): self._value(item, (*path, str(key))) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(item, (*path, number)) for number, item in enumerate(value)]
        if isinstance(value, LocalFiles):
            digest = self._keep(value)
            self._stored.files[digest] = value.digest
            return SCHEME + digest
        if isinstance(value, Secret):
            self._stored.secrets.append((path, self._named(value)))
        elif isinstance(value, Template):
            if any(isinstance(part, Secret) for part in value.parts):
                self._stored.secrets.append((path, "".join(self._text(part) for part in value.parts)))
        elif isinstance(value, Reference | Unknown):
            raise _unresolved(value)
        return plain(value, self._secret_key)

    def _text(self, part: str | Reference | Secret) -> str:
        if isinstance(part, Secret):
            return self._named(part)
        if isinstance(part, Reference):
            raise _unresolved(part)
        return part

    def _named(self, secret: Secret) -> str:
        value = secret.reveal()
        self._stored.named[secret.name] = value
        return value


def _unresolved(value: Reference | Unknown) -> Invalid:
    reference = value.reference if isinstance(value, Unknown) else value
    return Invalid(f"'{reference}' has no value yet.", code="unresolved-reference")


def to_observed(record: Record, kind: Kind | None) -> Observed:
    """Show a record the way a user of the workspace would see it: marks of ownership are tags."""
    body = record.body
    attributes = record.attributes
    if FILES in attributes:
        body = _with_files(body, attributes[FILES])
    if attributes:
        attributes = {name: value for name, value in attributes.items() if name not in PRIVATE_ATTRIBUTES}
    adopted = bool(record.attributes.get(ADOPTED))
    if record.owner is not None and (kind is None or kind.taggable):
        marks = mark_tags(record.owner, record.address, record.fingerprint or "", adopted=adopted)
        body = {**body, "tags": {**(body.get("tags") or {}), **marks}}
    return Observed(
        Address.parse(record.address),
        record.revision,
        properties=body,
        fingerprint=record.fingerprint,
        owner=record.owner,
        health=record.health,
        message=record.message,
        attributes=attributes,
        order=record.order,
        archived=record.archived,
        adopted=adopted,
    )


def _with_files(value: Any, files: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        digest = value.removeprefix(SCHEME)
        return {"$files": files[digest]} if digest is not value and digest in files else value
    if isinstance(value, dict):
        return {key: _with_files(item, files) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_files(item, files) for item in value]
    return value
