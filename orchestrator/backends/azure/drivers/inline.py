"""Assets written inside a deployment: the client registers them under names of its own, and only those names come back."""

from __future__ import annotations

import re
from typing import Any, Final

from orchestrator.backends.azure.client import Client
from orchestrator.core.errors import NotFound
from orchestrator.core.kind import Kind

_MORE: Final = ("description", "tags", "properties")
_NAMED: Final = r"azureml:[^:@/]+:[^:]+"
_MARK: Final = "amlctl.inline"


def note_named(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """A deployment's body for the client, with a property that says what is written inside under a name of its own.

    Of such an asset the service keeps the name only, and a plan must know that the spec has the content there.
    """
    named = [field for field in kind.nests if isinstance(body.get(field), dict) and body[field].get("name")]
    if not named:
        return body
    return {**body, "properties": {**(body.get("properties") or {}), _MARK: " ".join(named)}}


def named_inside(body: dict[str, Any]) -> list[str]:
    """The fields that such a property names; it is taken out of the body."""
    properties = body.get("properties")
    if not isinstance(properties, dict) or _MARK not in properties:
        return []
    named = str(properties[_MARK]).split()
    body["properties"] = {name: value for name, value in properties.items() if name != _MARK}
    return named


class InlineAssets:
    """Looks up what such names stand for. A version never changes, so each is read once.

    Args:
        client: of the workspace.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, Any] = {}

    def content(self, kind: Kind, reference: Any, *, named: bool = False) -> Any:
        """What an asset consists of, if its name says that it was written inside; otherwise the reference itself.

        Args:
            kind: of the asset.
            reference: as it came back.
            named: it was written inside under a name of its own.
        """
        written = isinstance(reference, str) and re.match(_NAMED if named else kind.azure.anonymous, reference)
        if not written:
            return reference
        if reference not in self._known:
            self._known[reference] = self._read(kind, reference)
        found = self._known[reference]
        if isinstance(found, str) or named:
            return found
        return {field: value for field, value in found.items() if field in kind.azure.inline}

    def _read(self, kind: Kind, reference: str) -> Any:
        """The content; the reference itself if it is gone."""
        from orchestrator.backends.azure import sdk

        _, name, version = reference.split(":", 2)
        try:
            entity, _ = self._client.read(
                f"read {kind.key}.{name}", lambda ml: sdk.version(ml, kind.azure, name, version)
            )
        except NotFound:
            return reference
        body = self._client.body(kind, entity)
        return {field: body[field] for field in ("name", "version", *_MORE, *kind.azure.inline) if field in body}
