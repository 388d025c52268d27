"""One resource in its three states, ready to be decided on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.change import Action, FieldChange
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.kind import Identity, Kind
from orchestrator.core.resource import Applied, Desired, Observed


@dataclass(frozen=True, slots=True)
class Subject:
    """Desired × Applied × Observed of one address.

    Attributes:
        owner: the project.
        fingerprint: with everything upstream.
        upstream: identity of each ingredient that cascades, by address or external text.
        written: desired properties as plain data, references pinned.
        live: everything at the address, archived and foreign objects included, oldest first.
        ours: no mark is needed to know that the live object is ours: it is in the state, or an interrupted apply was creating it.
        adopt: objects without an owner's mark may be taken over.
        renewed: the endpoint that contains it is created anew, and everything inside it with it.
        emptied: a part beside it that it sends requests to and that is replaced: it is taken away meanwhile.
        chosen: the user selected exactly this resource.
    """

    desired: Desired
    kind: Kind
    owner: str
    fingerprint: Fingerprint
    upstream: Mapping[str, str]
    written: Mapping[str, Any]
    applied: Applied | None
    live: tuple[Observed, ...]
    ours: bool = False
    adopt: bool = False
    renewed: bool = False
    emptied: Address | None = None
    chosen: bool = False

    @property
    def identity(self) -> Identity:
        """How "the same resource" is told over time."""
        return self.kind.identity

    @property
    def inborn(self) -> bool:
        """Whether every workspace has it from birth."""
        return self.desired.address.parent is None and self.desired.address.name in self.kind.inborn


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one resource, and why.

    Attributes:
        before, after, reuse, drift, note: as in `Change`.
        observed: the live object that the action is about; None if it has to be made.
        reused: the live object that already is what is wanted.
        identity: what cascades to dependants; None means the fingerprint's own identity.
    """

    action: Action
    reason: str
    fields: tuple[FieldChange, ...] = ()
    before: str | None = None
    after: str | None = None
    reuse: bool = False
    drift: bool = False
    note: str = ""
    observed: Observed | None = None
    reused: Observed | None = None
    identity: str | None = None
