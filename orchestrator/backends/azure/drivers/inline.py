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
"""What a spec may say of them, by collection."""


class InlineAssets:
    """Looks up what such names stand for. A version never changes, so each is read once.

    Args:
        client: of the workspace.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, Any] = {}

    def environment(self, reference: Any) -> Any:
        """What an environment consists of, if its name says that it was written inside; otherwise the reference itself."""
        return self._content("environments", reference) if _fits(ANONYMOUS, reference) else reference

    def model(self, reference: Any) -> Any:
        """The same for a model."""
        return self._content("models", reference) if _fits(_MODEL, reference) else reference

    def _content(self, collection: str, reference: str) -> Any:
        if reference not in self._known:
            self._known[reference] = self._read(collection, reference)
        return self._known[reference]

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
        return {field: body[field] for field in _FIELDS[collection] if field in body}


def _fits(pattern: re.Pattern[str], reference: Any) -> bool:
    return isinstance(reference, str) and pattern.match(reference) is not None
