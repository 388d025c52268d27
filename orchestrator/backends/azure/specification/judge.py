"""The rules together: what the service would refuse."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

from orchestrator.backends.azure.specification import documented
from orchestrator.core.kind import Kinds
from orchestrator.core.service_rules import Asked, BrokenRule, Present

_LOADING: Final = threading.Lock()
_CLOUD: Final = ("AZUREML_CURRENT_CLOUD", "ARM_CLOUD_METADATA_URL")


@contextmanager
def _own_cloud() -> Iterator[None]:
    """azure-ai-ml asks the cloud that the environment names for its addresses while it is imported; that may be this very server."""
    kept = {name: os.environ.pop(name) for name in _CLOUD if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


class Specification:
    """The service's rules. Implements `core.service_rules.ServiceRules`.

    Args:
        kinds: whose names are checked.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._loaded = False
        self._bodies: ModuleType | None = None
        self._newest = ""

    def load(self) -> bool:
        """Import the client's models, seconds that the first request would wait for otherwise.

        Returns:
            Whether the installed azure-ai-ml brings them; without them the documented rules are left.
        """
        with _LOADING:
            if not self._loaded:
                self._import()
                self._loaded = True
        return self._bodies is not None

    def _import(self) -> None:
        with _own_cloud():
            try:
                from orchestrator.backends.azure.specification import bodies
                from orchestrator.backends.azure.specification.operations import api_version
            except ImportError:  # `load` tells
                return
        self._bodies, self._newest = bodies, api_version()

    def broken(self, asked: Asked, present: Present) -> Sequence[BrokenRule]:
        """See `ServiceRules`."""
        self.load()
        version = list(documented.broken_version(asked.query, self._newest))
        if version:
            return version
        found = list(documented.broken_names(asked, self._kinds))
        if self._bodies is not None:
            found += self._bodies.broken_bodies(asked, present)
        return found

    def normal(self, asked: Asked) -> Mapping[str, Any] | None:
        """See `ServiceRules`. Without the client's models the body stays as it is."""
        self.load()
        if self._bodies is None:
            return asked.body
        found: Mapping[str, Any] | None = self._bodies.normal_body(asked)
        return found
