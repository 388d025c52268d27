"""Which rules hold for a resource follows from how its identity is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.kind import Identity
from orchestrator.planning.named import decide_named
from orchestrator.planning.resource_states import Decision, ResourceStates
from orchestrator.planning.runs import decide_run
from orchestrator.planning.versioned import decide_versioned

RULES: Final[Mapping[Identity, Callable[[ResourceStates], Decision | Diagnostic]]] = {
    Identity.NAMED: decide_named,
    Identity.VERSIONED: decide_versioned,
    Identity.RUN: decide_run,
}


def decide(states: ResourceStates) -> Decision | Diagnostic:
    """Decide on one resource, or say why it cannot be decided."""
    return RULES[states.identity](states)
