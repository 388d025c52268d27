"""What is owned and no longer wanted: shown as orphaned, or taken away in reverse order."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.plan import Target
from orchestrator.core.reason import Cause, CulpritKind, Reason, because
from orchestrator.core.resource import Applied, Desired, Observed, Removal
from orchestrator.planning.answering import live_shares
from orchestrator.planning.facts import Facts
from orchestrator.planning.findings import protected
from orchestrator.planning.ownership import is_adopted


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalCandidate:
    """A resource that is to go.

    Attributes:
        desired: what the spec says of it; None if it left the spec.
        live: every object of it that bears our mark, is not archived and goes.
        released: those that stay, since others made them.
        inborn: it is one of those that every workspace has from birth.
        unmarked: there is an object that the record names and that bears no mark of ours. It stays: a record is only a file.
        known: this version knows its kind, so that its absence means something.
    """

    address: Address
    desired: Desired | None
    applied: Applied | None
    live: tuple[Observed, ...]
    removal: Removal
    released: tuple[Observed, ...] = ()
    inborn: bool = False
    unmarked: bool = False
    known: bool = True

    @property
    def protected(self) -> bool:
        """What the spec says counts; what it last said once it is silent."""
        if self.desired is not None:
            return self.desired.lifecycle.protect
        return self.applied is not None and self.applied.protect

    @property
    def vanished(self) -> bool:
        """Nothing of it is left: there is only a record to forget."""
        return self.known and not self.live and not self.released and not self.unmarked

    @property
    def goes(self) -> bool:
        """Something of it is deleted or archived."""
        return bool(self.live) and self.removal is not Removal.KEEP

    @property
    def depends_on(self) -> frozenset[Address]:
        """What it was made after, so that it goes before."""
        recorded = self.applied.depends_on if self.applied else frozenset()
        written = self.desired.depends_on if self.desired else frozenset()
        parent = self.address.parent
        return recorded | written | (frozenset((parent,)) if parent else frozenset())


def orphans(facts: Facts) -> list[RemovalCandidate]:
    """What is owned and has left the spec."""
    return _as_wholes(
        [candidate for candidate in _owned(facts, _unrecorded(facts)) if candidate.desired is None], facts
    )


def everything(facts: Facts) -> list[RemovalCandidate]:
    """All that is owned, with what bears the mark at an address of the spec and was never recorded: runs that failed.

    What stays is listed only while there is a record to forget, so that a second time there is nothing to do.
    """
    named = _unrecorded(facts) | facts.project.resources.keys()
    applied = facts.state.applied
    candidate = _as_wholes(list(_owned(facts, named)), facts)
    return [gone for gone in candidate if gone.address in applied or gone.goes]


def _as_wholes(candidate: list[RemovalCandidate], facts: Facts) -> list[RemovalCandidate]:
    """What stays only if the rest does: a part whose endpoint goes, and shares of the traffic of what goes.

    Shares that others gave to parts of an endpoint that goes are in no record; they go with it.
    """
    going = {gone.address for gone in candidate if gone.goes}
    known = {gone.address for gone in candidate}
    candidate = [*candidate, *_owned(facts, _unmarked_parts(going, facts) - known, recorded=False)]
    return [_with_its_whole(gone, going, facts) for gone in candidate]


def _with_its_whole(gone: RemovalCandidate, going: Set[Address], facts: Facts) -> RemovalCandidate:
    if any(share.part in going for share in live_shares(gone.address, facts)):
        return replace(gone, live=(*gone.live, *gone.released), released=(), removal=Removal.DELETE)
    if gone.released and gone.address.parent in going:
        return replace(gone, live=(*gone.live, *gone.released), released=())
    return gone


def _unmarked_parts(wholes: Set[Address], facts: Facts) -> Set[Address]:
    """Live parts that cannot bear marks."""
    kinds = facts.kinds
    parts = (address for address in facts.observation.objects if address.parent in wholes)
    return {address for address in parts if address.kind in kinds and not kinds[address.kind].taggable}


def _unrecorded(facts: Facts) -> Set[Address]:
    """Where records are known to be missing.

    What was kept on purpose still bears the mark, so that elsewhere a mark without a record must not be a reason to delete.
    """
    if not facts.state.lineage:
        return facts.observation.objects.keys()
    return {intent.address for intent in facts.state.unfinished}


def _owned(facts: Facts, unrecorded: Set[Address], *, recorded: bool = True) -> Iterator[RemovalCandidate]:
    """What the state names, and what bears the owner's mark at the addresses where that alone counts."""
    applied, objects = facts.state.applied, facts.observation.objects
    for address in sorted((applied.keys() if recorded else set()) | (objects.keys() & unrecorded)):
        record = applied.get(address)
        there = [o for o in objects.get(address, ()) if not o.archived]
        live = tuple(o for o in there if _is_ours(o, record, facts))
        if record is not None or live:
            desired = facts.project.resources.get(address)
            others = (o for o in there if o.owner is None and o not in live)
            unmarked = record is not None and any(o.revision == record.revision for o in others)
            yield _candidate(
                RemovalCandidate(
                    address=address,
                    desired=desired,
                    applied=record,
                    live=live,
                    removal=Removal.DELETE,
                    unmarked=unmarked,
                ),
                facts,
            )


def _candidate(found: RemovalCandidate, facts: Facts) -> RemovalCandidate:
    """With what becomes of it: what others made stays, unless the spec says in as many words that it goes."""
    kind = facts.kinds.get(found.address.kind)
    if kind is None:
        return replace(found, removal=_said(found) or Removal.DELETE, known=False)
    if found.address.parent is None and found.address.name in kind.inborn:
        return replace(found, live=(), released=found.live, inborn=True)
    said = _said(found)
    others = tuple(o for o in found.live if said is None and is_adopted(o, found.applied))
    ours = tuple(o for o in found.live if o not in others)
    return replace(found, live=ours, released=others, removal=said or kind.removal)


def _is_ours(observed: Observed, record: Applied | None, facts: Facts) -> bool:
    """Whether an object may be removed: it bears our mark, or it cannot bear one and what it is a part of does.

    A record alone is no proof, since it is only a file, but for what has neither room for a mark nor a whole that it belongs to.
    """
    if observed.owner is not None:
        return observed.owner == facts.project.name
    kind = facts.kinds.get(observed.address.kind)
    if kind is None or kind.taggable or (record is not None and record.revision != observed.revision):
        return False
    whole = observed.address.parent
    if whole is None:
        return record is not None
    return any(one.owner == facts.project.name for one in facts.observation.objects.get(whole, ()))


def _said(found: RemovalCandidate) -> Removal | None:
    """What the spec says about removal; what it last said once it is silent."""
    if found.desired is not None:
        return found.desired.lifecycle.on_removal
    return found.applied.on_removal if found.applied is not None else None


def left_alone(candidate: RemovalCandidate) -> Change:
    """An orphan stays untouched until pruning is asked for."""
    return Change(
        address=candidate.address,
        action=Action.NOOP,
        reasons=(Reason(Cause.PRUNE_REMOVES if candidate.goes else Cause.PRUNE_FORGETS),),
        before=_before(candidate),
        after=_before(candidate),
        depends_on=candidate.depends_on,
        orphaned=True,
    )


def refusal(candidate: RemovalCandidate) -> Diagnostic | None:
    """Why it may not be taken away."""
    if candidate.protected and candidate.goes:
        return protected(candidate.address, f"{candidate.removal.value} it", candidate.desired)
    return None


def taken_away(candidate: RemovalCandidate, why: Reason) -> tuple[Change, Target]:
    """Delete or archive all of it, or forget it where it stays or is already deleted."""
    action, more = Action.DELETE, []
    if not candidate.live:
        action, more = Action.FORGET, [Reason(_stays(candidate))]
    elif candidate.removal is Removal.KEEP:
        action, more = Action.FORGET, [Reason(Cause.KEPT)]
    elif candidate.removal is Removal.ARCHIVE:
        more = [Reason(Cause.ARCHIVED)]
    if candidate.live and candidate.released and action is Action.DELETE:
        revisions = (observed.revision for observed in candidate.released)
        more.append(because(Cause.ADOPTED_STAYS, CulpritKind.VERSION, *revisions))
    newest = candidate.live[-1] if candidate.live else None
    change = Change(
        address=candidate.address,
        action=action,
        reasons=(why, *more),
        before=_before(candidate),
        depends_on=candidate.depends_on,
        span=candidate.desired.span if candidate.desired else None,
    )
    target = Target(
        desired=None,
        applied=candidate.applied,
        observed=newest,
        owned=candidate.live,
        removal=candidate.removal if action is Action.DELETE else None,
    )
    return change, target


def _stays(candidate: RemovalCandidate) -> Cause:
    """Why nothing of it goes."""
    if candidate.released:
        return Cause.INBORN_STAYS if candidate.inborn else Cause.ADOPTED_STAYS
    return Cause.UNMARKED_STAYS if candidate.unmarked else Cause.GONE_ALREADY


def _before(candidate: RemovalCandidate) -> str | None:
    if candidate.applied is not None:
        return candidate.applied.revision
    found = candidate.live or candidate.released
    return found[-1].revision if found else None
