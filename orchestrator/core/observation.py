"""The facts about a workspace that one plan is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.core.address import Address
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen, normalised: ownership tags and computed fields are taken out of the properties.

    Attributes:
        workspace_id: identity of the workspace; empty if it does not exist yet.
        label: the workspace's name for people.
        objects: every live object at the addresses of the spec and of the state, and whatever else bears the project's mark: all
            versions and runs, oldest first.
        externals: text of an external reference to the object it stands for; None if there is none.
        nearest: text of a missing external reference to the names that exist in its section.
        unreadable: addresses of what could not be read, each with the reason; of all kinds in use, whoever made it.
        refusals: why the workspace cannot do what a resource asks, every reason.
    """

    workspace_id: str
    label: str
    objects: Mapping[Address, tuple[Observed, ...]] = field(default_factory=dict)
    externals: Mapping[str, Observed | None] = field(default_factory=dict)
    nearest: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refusals: Mapping[Address, tuple[Refusal, ...]] = field(default_factory=dict)
    unreadable: Mapping[Address, str] = field(default_factory=dict)
