"""Which addresses an operation is about, for backends that list better if they know what matters."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.address import Address
from orchestrator.core.project import Project
from orchestrator.core.state import State


class Interest:
    """Which addresses a plan may be about, for a workspace where looking at everything costs a call for each name."""

    def __init__(self, project: Project) -> None:
        self._wanted = dict.fromkeys(project.resources, "")
        self._known: dict[Address, str] | None = dict(self._wanted)

    def addresses(self) -> Mapping[Address, str] | None:
        """Addresses, each with the revision on record; None means everything."""
        return self._known

    def narrow(self, state: State) -> None:
        """Look at the spec's and the state's addresses only."""
        self._known = self._wanted | {address: applied.revision for address, applied in state.applied.items()}

    def widen(self) -> None:
        """Look at everything."""
        self._known = None
