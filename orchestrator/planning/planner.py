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
from orchestrator.core.resource import Removal
from orchestrator.core.state import State
from orchestrator.planning.facts import Facts
from orchestrator.planning.findings import external_findings, refusal_problems, still_needed, unselected_upstream
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.prune import Leaving, everything, left_alone, orphans, refusal, taken_away
from orchestrator.planning.select import select
from orchestrator.planning.walk import walk


def make_plan(project: Project, state: State, observation: Observation, kinds: Kinds, options: PlanOptions) -> Plan:
    """Decide what to do with every resource of the spec and of the state, each field with a reason.

    Raises:
        SpecError: the plan cannot be made or must not be carried out; with every reason at once.
    """
    selection = select(options.select, _edges(project, state, observation))
    facts = Facts(project, state, observation, kinds, selection, adopt=options.adopt)
    return _destruction(facts) if options.destroy else _plan(facts, prune=options.prune)


def _plan(facts: Facts, *, prune: bool) -> Plan:
    decided = walk(facts)
    leaving = [gone for gone in orphans(facts) if gone.address in facts.selection]
    findings = [
        *facts.selection.problems,
        *refusal_problems(facts),
        *external_findings(facts),
        *decided.problems,
        *unselected_upstream(facts, decided.changes),
    ]
    changes = {address: change for address, change in decided.changes.items() if address in facts.selection}
    targets = {address: decided.targets[address] for address in changes}
    if prune:
        findings += still_needed(
            facts, {gone.address for gone in leaving if gone.removal is not Removal.KEEP and not gone.released}
        )
        findings += _take_away(leaving, "left the spec", changes, targets)
    else:
        vanished = [each for each in leaving if each.vanished]
        findings += _take_away(vanished, "left the spec", changes, targets)
        changes.update((each.address, left_alone(each)) for each in leaving if not each.vanished)
    return _checked(facts, changes, targets, findings)


def _destruction(facts: Facts) -> Plan:
    changes: dict[Address, Change] = {}
    targets: dict[Address, Target] = {}
    leaving = [gone for gone in everything(facts) if gone.address in facts.selection]
    findings = [*facts.selection.problems, *_take_away(leaving, "destroy", changes, targets)]
    return _checked(facts, changes, targets, findings)


def _take_away(
    leaving: Iterable[Leaving], why: str, changes: dict[Address, Change], targets: dict[Address, Target]
) -> list[Diagnostic]:
    refusals = []
    for gone in leaving:
        problem = refusal(gone)
        if problem is not None:
            refusals.append(problem)
        changes[gone.address], targets[gone.address] = taken_away(gone, why)
    return refusals


def _checked(
    facts: Facts, changes: dict[Address, Change], targets: dict[Address, Target], findings: Iterable[Diagnostic]
) -> Plan:
    """Refuse the plan if anything stands against it."""
    every = list(findings)
    errors = [finding for finding in every if finding.severity is Severity.ERROR]
    if errors:
        raise SpecError(errors)
    ordered = sorted(changes)
    return Plan(
        project=facts.project.name,
        target=facts.project.target,
        base=PlanBase(
            facts.state.lineage, facts.state.serial, facts.project.spec_digest, facts.observation.workspace_id
        ),
        changes=tuple(changes[address] for address in ordered),
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
