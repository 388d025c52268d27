"""Which rules hold for a resource follows from how its identity is told."""

from __future__ import annotations

from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.kind import Identity
from orchestrator.planning.named import decide_named
from orchestrator.planning.runs import decide_run
from orchestrator.planning.subject import Decision, Subject
from orchestrator.planning.versioned import decide_versioned


def decide(subject: Subject) -> Decision | Diagnostic:
    """Decide on one resource, or say why it cannot be decided."""
    match subject.identity:
        case Identity.NAMED:
            return decide_named(subject)
        case Identity.VERSIONED:
            return decide_versioned(subject)
        case Identity.RUN:
            return decide_run(subject)
