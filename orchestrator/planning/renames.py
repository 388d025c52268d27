"""Resources whose names follow the target: a new name under the same key is one change, not a stranger's end and another's beginning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from orchestrator.core.address import Address
from orchestrator.core.change import ABSENT, Action, Change, FieldChange
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.plan import Target
from orchestrator.core.reason import Cause, CulpritKind, Reason, because
from orchestrator.core.resource import Applied, Removal
from orchestrator.core.tree import value_at
from orchestrator.planning.facts import Facts
from orchestrator.planning.findings import protected
from orchestrator.planning.prune import RemovalCandidate, taken_away


def renames(facts: Facts, candidates: Iterable[RemovalCandidate]) -> dict[Address, RemovalCandidate]:
    """New addresses, each with what stood under the same key before. Of several, nobody knows which it is."""
    former: dict[str, list[RemovalCandidate]] = {}
    for gone in candidates:
        if gone.applied is not None and gone.applied.target in ("", facts.project.target):
            former.setdefault(gone.applied.key or str(gone.address), []).append(gone)
    found = {}
    for address, desired in facts.project.resources.items():
        before = former.get(desired.key or str(address), [])
        if len(before) == 1 and address not in facts.state.applied and before[0].address.kind == address.kind:
            found[address] = before[0]
    return found


def elsewhere(facts: Facts, candidates: Iterable[RemovalCandidate]) -> dict[Address, Change]:
    """Of what is not in the spec under its name: that it has this name in another target, so that it has not left the spec."""
    keys = {desired.key for desired in facts.project.resources.values()}
    return {
        gone.address: _stays(gone.address, applied)
        for gone in candidates
        if (applied := gone.applied) is not None
        and applied.target not in ("", facts.project.target)
        and applied.key in keys
    }


def _stays(address: Address, applied: Applied) -> Change:
    return Change(
        address=address,
        action=Action.NOOP,
        reasons=(because(Cause.OTHER_TARGET, CulpritKind.TARGET, applied.target),),
        before=applied.revision,
        after=applied.revision,
        depends_on=applied.depends_on,
    )


def renamed(change: Change, target: Target, gone: RemovalCandidate) -> tuple[Change, Target, Target]:
    """The change of a new name as that of the resource; targets of both. The old one goes when nothing uses it any more."""
    reasons = [because(Cause.RENAMED, CulpritKind.RESOURCE, str(gone.address))]
    if gone.removal is Removal.KEEP:
        reasons.append(Reason(Cause.FORMER_STAYS))
    elif gone.released:
        reasons.append(Reason(Cause.ADOPTED_STAYS))
    removal, old = taken_away(gone, because(Cause.RENAMED_TO, CulpritKind.RESOURCE, str(change.address)))
    before = gone.applied.revision if gone.applied else None
    one = replace(
        change,
        action=Action.REPLACE,
        reasons=tuple(reasons),
        fields=_edits(change, gone),
        before=before,
        former=gone.address,
        drift=False,
    )
    return one, replace(target, making=change.action, former=removal), old


def _edits(change: Change, gone: RemovalCandidate) -> tuple[FieldChange, ...]:
    """The fields that change together with the name."""
    applied = gone.applied.properties if gone.applied else {}
    fields = (replace(field, applied=value_at(applied, field.path, ABSENT)) for field in change.fields)
    return tuple(replace(field, reason=Reason(Cause.CHANGED)) for field in fields if field.applied != field.desired)


def rename_problems(facts: Facts, pairs: Mapping[Address, RemovalCandidate]) -> list[Diagnostic]:
    """Why a name must not change: what is protected is not replaced."""
    problems = []
    for address, gone in pairs.items():
        desired = facts.project.resources[address]
        if gone.goes and (desired.lifecycle.protect or gone.protected):
            problems.append(protected(address, f"replace it (renamed: was {gone.address})", desired))
    return problems
