"""Records of the state as plain data, the same for every place a state can be kept in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.errors import StateError
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.resource import Applied, Removal

_TYPES: Final[Mapping[str, type]] = {
    "properties": dict, "revision": str, "files": dict, "upstream": dict, "tainted": bool, "protect": bool,
    "adopted": bool, "key": str, "target": str,
    "fingerprint": list, "depends_on": list,
}  # fmt: skip


def encode(applied: Applied) -> dict[str, Any]:
    """Turn a record into JSON-able data. What has its default value is left out."""
    fingerprint = applied.fingerprint
    body: dict[str, Any] = {
        "properties": applied.properties,
        "fingerprint": [fingerprint.content, fingerprint.upstream, fingerprint.metadata, fingerprint.scheme],
    }
    if applied.revision:
        body["revision"] = applied.revision
    if applied.depends_on:
        body["depends_on"] = sorted(map(str, applied.depends_on))
    if applied.files:
        body["files"] = dict(applied.files)
    if applied.upstream:
        body["upstream"] = dict(applied.upstream)
    if applied.tainted:
        body["tainted"] = True
    if applied.duration_s is not None:
        body["duration_s"] = applied.duration_s
    if applied.on_removal is not None:
        body["on_removal"] = applied.on_removal.value
    if applied.protect:
        body["protect"] = True
    if applied.adopted:
        body["adopted"] = True
    if applied.key:
        body["key"] = applied.key
    if applied.target:
        body["target"] = applied.target
    return body


def decode(address: Address, body: Mapping[str, Any]) -> Applied:
    """Turn data made by `encode` back into a record.

    Raises:
        StateError: the data does not have the shape of a record.
    """
    try:
        _require_types(body)
        content, upstream, metadata, scheme = body["fingerprint"]
        get = body.get
        removal = get("on_removal")
        depends_on = get("depends_on")
        return Applied(
            address,
            properties=body["properties"],
            fingerprint=Fingerprint(content, upstream, metadata, scheme),
            revision=get("revision", ""),
            depends_on=frozenset(map(Address.parse, depends_on)) if depends_on else frozenset(),
            files=get("files", {}),
            upstream=get("upstream", {}),
            tainted=get("tainted", False),
            duration_s=get("duration_s"),
            on_removal=Removal(removal) if removal else None,
            protect=get("protect", False),
            adopted=get("adopted", False),
            key=get("key", ""),
            target=get("target", ""),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise damaged(f"the record of {address} cannot be read ({error})") from error


def _require_types(body: Mapping[str, Any]) -> None:
    if not isinstance(body, dict):
        raise TypeError("it is not a mapping")
    missing = [name for name in ("fingerprint", "properties") if name not in body]
    if missing:
        raise TypeError(f"{' and '.join(missing)} missing")
    for name, kind in _TYPES.items():
        if name in body and not isinstance(body[name], kind):
            raise TypeError(f"{name} has the wrong type")


def damaged(what: str) -> StateError:
    """The error for a state that holds something else than was written."""
    return StateError(
        f"The state is damaged: {what}.",
        code="state-damaged",
        fix="Restore the workspace's database from a backup, or move it away and run `amlctl state rebuild`.",
    )
