"""Make a plan so."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.errors import StateError
from orchestrator.core.kind import Kinds
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Backend
from orchestrator.core.run import STOPPED, Event, EventKind, Outcome, RunReport, Step, StepResult
from orchestrator.core.state import Intent, State, StateChange, StateStore
from orchestrator.execution.compile import compile_steps
from orchestrator.execution.options import ApplyOptions
from orchestrator.execution.steps import StepRunner
from orchestrator.execution.walk import Walk


def apply(plan: Plan, backend: Backend, store: StateStore, kinds: Kinds, options: ApplyOptions) -> RunReport:
    """Make the effective changes of a plan, in parallel where their order allows.

    Before an effect there is an intent in the store's journal, after it an outcome; an outcome is durable before
    anything that depends on it starts. What fails takes along what depends on it and nothing else. Whoever calls holds the store's
    lock. A plan without effective changes writes nothing.

    Raises:
        StateError: the state cannot be written, or moved on since the plan was made.
    """
    if not plan.effective:
        return RunReport((), serial=plan.base.serial)
    steps = compile_steps(plan, kinds)
    state = store.begin()
    _check_base(plan, state)
    for intent in state.unfinished:
        message = f"an earlier apply was interrupted during: {intent.step}; resuming"
        options.listener(Event(kind=EventKind.NOTICE, address=intent.address, message=message, verb=intent.verb))
    _close_answered(plan, state, store)
    runner = StepRunner(plan, backend, kinds, state.lineage, options)
    revisions = {change.address: change.after or change.before or "" for change in plan.work}

    def intent_of(step: Step) -> Intent:
        return Intent(step.id, step.address, step.verb, step.key, revisions[step.address])

    results = _under_new_names(_by_address(Walk(steps, runner, store, intent_of, options).run()), plan)
    interrupted = any(result.outcome in STOPPED for result in results)
    return RunReport(results, interrupted, state.serial)


def _check_base(plan: Plan, state: State) -> None:
    """A plan holds only for the state that it was made from."""
    if state.serial != plan.base.serial + 1 or plan.base.lineage not in ("", state.lineage):
        raise StateError(
            "The state changed after the plan was created, so the plan is stale. Nothing was changed.",
            code="plan-outdated",
            fix="Create a new plan and apply it.",
        )


def _close_answered(plan: Plan, state: State, store: StateStore) -> None:
    """Close intents of a dead apply that need nothing more: the planner looked and found everything in order.

    Those of resources that change are closed by their outcome, not before: this apply may die as well.
    """
    settled = {change.address for change in plan.changes if change.action is Action.NOOP}
    answered = [intent for intent in state.unfinished if intent.address in settled]
    if answered:
        store.settle_all(
            [
                StateChange(step=i.step, address=i.address, applied=state.applied.get(i.address), outcome="superseded")
                for i in answered
            ]
        )


def _under_new_names(results: Iterable[StepResult], plan: Plan) -> tuple[StepResult, ...]:
    """The results without the good ends of old names: what got a new name is one resource, and its new name tells."""
    former = {change.former for change in plan.effective}
    return tuple(result for result in results if result.address not in former or result.outcome not in _ENDED)


_ENDED = (Outcome.DELETED, Outcome.FORGOTTEN)


def _by_address(results: Iterable[tuple[Step, StepResult]]) -> tuple[StepResult, ...]:
    """One result for each resource. Of a replacement's two steps the later one tells, unless the first went wrong."""
    merged: dict[Address, StepResult] = {}
    for step, result in results:
        earlier = merged.get(step.address)
        if earlier is None or earlier.outcome is Outcome.DELETED:
            merged[step.address] = result
    return tuple(merged[address] for address in sorted(merged))
