"""The rules together: what the service would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from orchestrator.backends.azure.specification import documented
from orchestrator.core.kind import Kinds
from orchestrator.core.service_rules import Asked, BrokenRule, Present


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
