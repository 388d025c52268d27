"""Assets written inside a deployment: the client registers them under names of its own, and only those names come back."""

from __future__ import annotations

import re
from typing import Any, Final

from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.normalise import ANONYMOUS
from orchestrator.core.errors import NotFound

_MODEL: Final = re.compile(r"azureml:(?:[0-9a-f]{64}|[0-9a-f]{32}):[^:]+")
"""The name that the client gives to a model without one: a digest of its files, in older versions a shorter one.
Source: azure-ai-ml, ``Model.__init__``; 1.27."""

_FIELDS: Final = {
    "environments": ("image", "conda_file", "build", "inference_config"),
    "models": ("type", "path", "version", "description", "tags", "properties", "flavors"),
}
"""What a spec may say of those without a name, by collection."""

_MORE: Final = ("description", "tags", "properties")
_NAMED: Final = re.compile(r"azureml:[^:@/]+:[^:]+")
_MARK: Final = "amlctl.inline"


def note_named(body: dict[str, Any]) -> dict[str, Any]:
    """A deployment's body for the client, with a property that says what is written inside under a name of its own.

    Of such an asset the service keeps the name only, and a plan must know that the spec has the content there.
    """
    named = [
        field for field in ("environment", "model") if isinstance(body.get(field), dict) and body[field].get("name")
    ]
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

    def environment(self, reference: Any, *, named: bool = False) -> Any:
        """What an environment consists of, if its name says that it was written inside; otherwise the reference itself.

        Args:
            reference: as it came back.
            named: it was written inside under a name of its own.
        """
        written = _fits(_NAMED, reference) if named else _fits(ANONYMOUS, reference)
        return self._content("environments", reference, named=named) if written else reference

    def model(self, reference: Any, *, named: bool = False) -> Any:
        """The same for a model."""
        written = _fits(_NAMED, reference) if named else _fits(_MODEL, reference)
        return self._content("models", reference, named=named) if written else reference

    def _content(self, collection: str, reference: str, *, named: bool) -> Any:
        if reference not in self._known:
            self._known[reference] = self._read(collection, reference)
        found = self._known[reference]
        if isinstance(found, str) or named:
            return found
        return {field: value for field, value in found.items() if field in _FIELDS[collection]}

    def _read(self, collection: str, reference: str) -> Any:
        """The content; the reference itself if it is gone."""
        from orchestrator.backends.azure import sdk

        _, name, version = reference.split(":", 2)
        try:
            entity, _ = self._client.read(
                f"read {collection}.{name}", lambda ml: sdk.version(ml, collection, name, version)
            )
        except NotFound:
            return reference
        body = self._client.body(collection, entity)
        return {field: body[field] for field in ("name", "version", *_MORE, *_FIELDS[collection]) if field in body}


def _fits(pattern: re.Pattern[str], reference: Any) -> bool:
    return isinstance(reference, str) and pattern.match(reference) is not None
