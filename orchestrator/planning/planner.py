"""Desired × Applied × Observed → Plan. Pure: no clock, no input or output, and the same facts give the same plan."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.address import Address
from orchestrator.core.change import Change
from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError
from orchestrator.core.kind import Kinds
from orchestrator.core.observation import Observation
from orchestrator.core.plan import Plan, PlanBase, Target
from orchestrator.core.project import Project
from orchestrator.core.reason import Cause, Reason
from orchestrator.core.state import State
from orchestrator.planning.answering import missing_parts, still_answering
from orchestrator.planning.facts import Facts
from orchestrator.planning.findings import (
    external_findings,
    refusal_problems,
    still_needed,
    unreadable_warnings,
    unselected_upstream,
)
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.prune import RemovalCandidate, everything, left_alone, orphans, refusal, taken_away
from orchestrator.planning.renames import elsewhere, rename_problems, renamed, renames
from orchestrator.planning.select import select
from orchestrator.planning.walk import walk


def make_plan(project: Project, state: State, observation: Observation, kinds: Kinds, options: PlanOptions) -> Plan:
    """Decide what to do with every resource of the spec and of the state, each field with a reason.

    Raises:
        SpecError: the plan cannot be made or must not be carried out; with every reason at once.
    """
    keys = {address: desired.key for address, desired in project.resources.items() if desired.key}
    selection = select(options.select, _edges(project, state, observation), keys)
    facts = Facts(
        project=project, state=state, observation=observation, kinds=kinds, selection=selection, adopt=options.adopt
    )
    return _destruction(facts) if options.destroy else _plan(facts, prune=options.prune)


def _plan(facts: Facts, *, prune: bool) -> Plan:
    decided = walk(facts)
    candidates, pairs = _removal_candidates(facts)
    findings = [
        *facts.selection.problems,
        *refusal_problems(facts),
        *external_findings(facts),
        *unreadable_warnings(facts),
        *decided.problems,
        *unselected_upstream(facts, decided.changes),
        *rename_problems(facts, pairs),
    ]
    changes = {address: change for address, change in decided.changes.items() if address in facts.selection}
    targets = {address: decided.targets[address] for address in changes}
    for address, gone in pairs.items():
        if address in changes:
            both = renamed(changes[address], targets[address], gone)
            changes[address], targets[address], targets[gone.address] = both
    stays = elsewhere(facts, candidates)
    changes.update(stays)
    candidates = [gone for gone in candidates if gone.address not in stays]
    going = [*pairs.values(), *(candidates if prune else ())]
    findings += still_needed(facts, {gone.address for gone in going if gone.goes})
    if prune:
        findings += _take_away(candidates, Cause.LEFT_SPEC, changes, targets)
    else:
        vanished = [each for each in candidates if each.vanished]
        findings += _take_away(vanished, Cause.LEFT_SPEC, changes, targets)
        changes.update((each.address, left_alone(each)) for each in candidates if not each.vanished)
    return _checked(
        facts, changes, targets, [*findings, *missing_parts(facts, changes), *still_answering(facts, changes, targets)]
    )


def _removal_candidates(facts: Facts) -> tuple[list[RemovalCandidate], dict[Address, RemovalCandidate]]:
    """What left the spec, and what only has another name now, by that name. As far as it is selected: a new name selects the old one."""
    gone = orphans(facts)
    pairs = renames(facts, gone)
    old = {each.address for each in pairs.values()}
    left = [each for each in gone if each.address in facts.selection and each.address not in old]
    return left, {address: each for address, each in pairs.items() if address in facts.selection}


def _destruction(facts: Facts) -> Plan:
    changes: dict[Address, Change] = {}
    targets: dict[Address, Target] = {}
    candidates = [gone for gone in everything(facts) if gone.address in facts.selection]
    findings = [*facts.selection.problems, *_take_away(candidates, Cause.DESTROY, changes, targets)]
    return _checked(facts, changes, targets, [*findings, *still_answering(facts, changes, targets)])


def _take_away(
    candidates: Iterable[RemovalCandidate], why: Cause, changes: dict[Address, Change], targets: dict[Address, Target]
) -> list[Diagnostic]:
    refusals = []
    for gone in candidates:
        problem = refusal(gone)
        if problem is not None:
            refusals.append(problem)
        changes[gone.address], targets[gone.address] = taken_away(gone, Reason(why))
    return refusals


def _checked(
    facts: Facts, changes: dict[Address, Change], targets: dict[Address, Target], findings: Iterable[Diagnostic]
) -> Plan:
    """Refuse the plan if anything stands against it."""
    every = list(findings)
    errors = [finding for finding in every if finding.severity is Severity.ERROR]
    if errors:
        raise SpecError(errors)
    ordered = sorted(targets.keys() | changes.keys())
    return Plan(
        project=facts.project.name,
        target=facts.project.target,
        base=PlanBase(
            facts.state.lineage, facts.state.serial, facts.project.spec_digest, facts.observation.workspace_id
        ),
        changes=tuple(changes[address] for address in ordered if address in changes),
        targets={address: targets[address] for address in ordered if address in targets},
        warnings=tuple(every),
        workspace_label=facts.observation.label,
    )


def _edges(project: Project, state: State, observation: Observation) -> dict[Address, frozenset[Address]]:
    """Every known address to what it depends on, or did when it was last applied."""
    edges: dict[Address, frozenset[Address]] = dict.fromkeys(observation.objects, frozenset())
    edges.update((address, applied.depends_on) for address, applied in state.applied.items())
    edges.update((address, desired.depends_on) for address, desired in project.resources.items())
    return edges
