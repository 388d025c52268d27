"""Rules of the service that stand between a request and whoever answers it: pure data and a port."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class RuleSource(StrEnum):
    """How well a rule is known."""

    SPECIFIED = "specified"  # the models and operations of azure-ai-ml say so
    DOCUMENTED = "documented"  # a page of Microsoft Learn says so
    ASSUMED = "assumed"  # neither does, but clients depend on it


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRule:
    """What a request does that the service forbids.

    Attributes:
        status: HTTP status of the refusal.
        arm_code: error code of Azure Resource Manager.
        message: in full sentences.
        target: JSON path of the member that breaks the rule; empty for the request as a whole.
        source: see `RuleSource`.
    """

    arm_code: str
    message: str
    status: int = 400
    target: str = ""
    source: RuleSource = RuleSource.SPECIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as the rules see it.

    Attributes:
        method: in upper case.
        parts: of the path below the workspace: ``("computes", "cpu")``.
        query: by name in lower case.
        body: the JSON object; None if there is none.
    """

    method: str
    parts: Sequence[str]
    query: Mapping[str, str]
    body: Mapping[str, Any] | None


Present = Callable[[], Mapping[str, Any] | None]
"""The resource that a request is about, as it is now; None if there is none. Asked only where a rule depends on it."""


class ServiceRules(Protocol):
    """Tells what the service would refuse."""

    def broken(self, asked: Asked, present: Present) -> Sequence[BrokenRule]:
        """Every rule that a request breaks, the one that decides the status first; empty if it may pass."""
        ...

    def normal(self, asked: Asked) -> Mapping[str, Any] | None:
        """The body of a request that breaks none, as the service keeps it; None if there is no body."""
        ...
