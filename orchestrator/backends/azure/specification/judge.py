"""The rules together: what the service would refuse."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Final

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
        self._bodies: ModuleType | None = None

    def load(self) -> None:
        """Import the client's models, seconds that the first request would wait for otherwise.

        An azure-ai-ml that does not bring them leaves the documented rules.
        """
        with _LOADING, _own_cloud():
            try:
                from orchestrator.backends.azure.specification import bodies
            except ImportError:
                return
        self._bodies = bodies

    def broken(self, asked: Asked, present: Present) -> Sequence[BrokenRule]:
        """See `ServiceRules`."""
        if self._bodies is None:
            self.load()
        version = list(documented.broken_version(asked.query))
        if version:
            return version
        found = list(documented.broken_names(asked, self._kinds))
        if self._bodies is not None:
            found += self._bodies.broken_bodies(asked, present)
        return found
