"""Refusals that several rules give."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.core.service_rules import BrokenRule, RuleSource

OPEN: Final = "NotSpecified"
"""The value that leaves the choice to the service: it changes nothing, and what the service chose may be sent in its place."""


def change(path: str, old: Any, new: Any, source: RuleSource) -> BrokenRule:
    """The refusal of one change."""
    message = f"'{path}' cannot be changed from '{old}' to '{new}'. Delete the resource and create it again."
    return BrokenRule(arm_code="PropertyChangeNotAllowed", message=message, target=path, source=source)
