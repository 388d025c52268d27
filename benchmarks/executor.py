"""Goal 3: what an action costs beside its effect, journal included; and what a state costs to read.

    python -m benchmarks.executor [ACTIONS]

The workspace does nothing and the state is a real database, so everything measured is ours. Processor time of the
whole process, divided by the number of actions; medians of five runs of each shape, in turn.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.measure import Cost, alternate, machine, medians, report
from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.kind import Kinds
from orchestrator.core.plan import Plan, PlanBase, Target
from orchestrator.core.ports import Request, SystemClock
from orchestrator.core.resource import Desired, Observed
from orchestrator.execution.apply import apply
from orchestrator.execution.options import ApplyOptions
from orchestrator.kinds import discover
from orchestrator.state.sqlite import SqliteStateStore

BODY = {
    "type": "uri_file",
    "path": "./data/records.csv",
    "description": "records of the year",
    "tags": {"team": "cardiology", "stage": "raw"},
}
SHAPES: dict[str, Callable[[int], int | None]] = {
    "independent": lambda number: None,
    "a binary tree": lambda number: number // 2 if number else None,
    "chains of 100": lambda number: number - 1 if number % 100 else None,
}


class NullBackend:
    """A workspace where everything is there at once."""

    def create(self, request: Request) -> Observed:
        return Observed(request.address, request.revision, properties=request.properties)


def plan_of(count: int, parent: Callable[[int], int | None]) -> Plan:
    """A plan that creates this many data assets."""
    addresses = [Address("data", f"d{number:05}") for number in range(count)]
    changes, targets = [], {}
    for number, address in enumerate(addresses):
        above = parent(number)
        needs = frozenset() if above is None or above == number else frozenset({addresses[above]})
        changes.append(Change(address, Action.CREATE, "new", after="1", depends_on=needs))
        targets[address] = Target(
            desired=Desired(address=address, properties=BODY, content="c" * 64, depends_on=needs),
            resolved=BODY,
            fingerprint=Fingerprint("c" * 64),
        )
    return Plan(project="bench", target="", base=PlanBase("", 0, "", ""), changes=tuple(changes), targets=targets)


def once(plan: Plan, kinds: Kinds) -> Cost:
    """Apply once into a new database."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStateStore(Path(folder) / "workspace.db", plan.project, SystemClock())
        wall, cpu = time.perf_counter(), time.process_time()
        outcome = apply(plan, NullBackend(), store, kinds, ApplyOptions())  # type: ignore[arg-type]
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        store.close()
    return Cost(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, int(outcome.failed))


def read_state(count: int, kinds: Kinds) -> list[float]:
    """Seconds to read a state of this many records, five times."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStateStore(Path(folder) / "workspace.db", "bench", SystemClock())
        apply(plan_of(count, lambda number: None), NullBackend(), store, kinds, ApplyOptions())  # type: ignore[arg-type]
        taken = []
        for _ in range(5):
            start = time.process_time()
            assert len(store.load().applied) == count
            taken.append(time.process_time() - start)
        store.close()
    return sorted(taken)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(machine())
    kinds = discover()
    plans = {name: plan_of(count, parent) for name, parent in SHAPES.items()}
    costs = alternate({name: partial(once, plan, kinds) for name, plan in plans.items()}, 5)
    rows = [
        {
            "shape": name,
            "actions": count,
            "cpu µs an action": cost.cpu_s / count * 1e6,
            "wall s": cost.wall_s,
            "actions/s": count / cost.wall_s,
            "failed": cost.code,
        }
        for name, taken in costs.items()
        for cost in [medians(taken)]
    ]
    report("Goal 3: executor (at most 100 µs cpu an action, journal included)", rows, None)
    reading = read_state(count, kinds)
    report(
        "Reading the state",
        [
            {
                "records": count,
                "cpu ms, median": reading[2] * 1000,
                "lowest": reading[0] * 1000,
                "highest": reading[-1] * 1000,
            }
        ],
        None,
    )


if __name__ == "__main__":
    main()
