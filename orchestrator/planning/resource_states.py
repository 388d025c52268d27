"""One resource in its three states, ready to be decided on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change, FieldChange, Registered
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.kind import Identity, Kind
from orchestrator.core.reason import Reason
from orchestrator.core.resource import Applied, Desired, Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceStates:
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

    def change(
        self,
        action: Action,
        reasons: tuple[Reason, ...],
        fields: tuple[FieldChange, ...],
        *,
        before: str | None = None,
        after: str | None = None,
        reuse: bool = False,
        drift: bool = False,
        last_run_s: float | None = None,
    ) -> Change:
        """A change of this resource; arguments as the attributes of `Change`."""
        return Change(
            address=self.desired.address,
            action=action,
            reasons=reasons,
            fields=fields,
            before=before,
            after=after,
            depends_on=self.desired.depends_on,
            span=self.desired.span,
            reuse=reuse,
            drift=drift,
            last_run_s=last_run_s,
            registered=() if action is Action.NOOP else tuple(_registered(self.desired)),
        )


def _registered(desired: Desired) -> Iterator[Registered]:
    """Which assets that a resource names are none yet: jobs of the spec register them."""
    for found in desired.references:
        if found.attribute.startswith(("outputs.", "azureml:")) and not str(found).startswith(("azureml://", "$")):
            yield Registered(str(found), str(found.target))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do with one resource, and why.

    Attributes:
        change: what happens, and why.
        observed: the live object that the action is about; None if it has to be made.
        reused: the live object that already is what is wanted.
        identity: what cascades to dependants; None means the fingerprint's own identity.
    """

    change: Change
    observed: Observed | None = None
    reused: Observed | None = None
    identity: str | None = None
