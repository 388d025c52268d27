"""What a step of a pipeline and a trial of a sweep cost beyond the process itself, and whether many trials make the workspace grow.

    python -m benchmarks.steps --steps 20 --trials 20 --many 200

Steps stand in a chain and trials run one at a time, so that the time between two ends is the whole cost of one: sampling, record,
preparation, environment, tracking, runner, settlement. From it the median of a bare ``bash -c true`` is taken off. Beside it runs what
one would write without us: Optuna, asked and told, with a bare subprocess for each trial. Memory is the resident size of the supervisor
after a quarter of the trials and after all. On a machine that others use, run it as ``nice -n -19``, and say so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.measure import machine, report
from orchestrator.core.health import Health
from orchestrator.workspace.folder.identity import ensure_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.folder import JobFolder, RunExit
from orchestrator.workspace.records.record import PARENT, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from orchestrator.workspace.supervision.control import ControlAddress, ControlFiles

GOAL_S = 0.150
NOTHING = "true"
ENVIRONMENT = {"image": "any"}


class Bench:
    """A workspace of its own, whose tracking server has loaded."""

    def __init__(self, folder: Path) -> None:
        self.paths = WorkspacePaths(folder / "ws")
        ensure_identity(self.paths)
        self.store, self.client = RecordStore(self.paths), SupervisorClient(self.paths)
        self.run("warm", "command", {"type": "command", "command": NOTHING, "environment": ENVIRONMENT})

    def run(self, name: str, variant: str, body: Mapping[str, Any]) -> None:
        self.start(name, variant, body)
        while self.under_way(name):
            time.sleep(0.01)

    def start(self, name: str, variant: str, body: Mapping[str, Any]) -> None:
        self.store.insert(
            Record("jobs", "jobs.bench", name, body=body, health=Health.PROGRESSING, phase="queued", variant=variant)
        )
        self.client.ensure()
        self.client.nudge()

    def under_way(self, name: str) -> bool:
        record = self.store.find("jobs", name)
        if record is None or record.health is Health.PROGRESSING:
            return True
        if record.health is not Health.HEALTHY:
            raise SystemExit(f"{name} failed: {record.message}")
        return False

    def children(self, name: str) -> list[Record]:
        return [record for record in self.store.list("jobs") if record.attributes.get(PARENT) == name]

    def costs(self, name: str) -> list[float]:
        """Seconds from the end of each child of a run to the end of the next."""
        exits = [RunExit.read(JobFolder(self.paths.job(child.revision))) for child in self.children(name)]
        ends = sorted(found.ended for found in exits if found is not None)
        return [later - earlier for earlier, later in pairwise(ends)]

    def memory_mib(self) -> float:
        """Of the supervisor, without what it has started."""
        address = ControlAddress.read(ControlFiles(self.paths))
        if address is None:
            raise SystemExit("the supervisor is gone")
        pages = int(Path(f"/proc/{address.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def bench() -> Iterator[Bench]:
    folder = Path(tempfile.mkdtemp(prefix="amlctl-bench-"))
    made = Bench(folder)
    try:
        yield made
    finally:
        made.client.shutdown()
        made.store.close()
        shutil.rmtree(folder)


def chain(steps: int) -> dict[str, Any]:
    first = {
        "type": "command",
        "command": NOTHING,
        "environment": ENVIRONMENT,
        "outputs": {"o": {"type": "uri_folder"}},
    }
    jobs = {"s0": first}
    for number in range(1, steps):
        jobs[f"s{number}"] = {**first, "inputs": {"i": f"${{{{parent.jobs.s{number - 1}.outputs.o}}}}"}}
    return {"type": "pipeline", "jobs": jobs}


def sweep(trials: int, at_once: int) -> dict[str, Any]:
    """Trials that do nothing log no metric, which a sweep takes as its fault; the metric costs them one request."""
    return {
        "type": "sweep",
        "trial": {"command": NOTHING, "environment": ENVIRONMENT},
        "search_space": {"x": {"type": "uniform", "min_value": 0, "max_value": 1}},
        "sampling_algorithm": {"type": "random", "seed": 1},
        "objective": {"goal": "maximize", "primary_metric": "none"},
        "limits": {"max_total_trials": trials, "max_concurrent_trials": at_once},
    }


def bare(rounds: int) -> list[float]:
    """Seconds of a bare process."""
    return [_seconds(["bash", "-c", NOTHING]) for _ in range(rounds)]


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def by_optuna(trials: int) -> list[float]:
    """Seconds of each trial of a loop of Optuna around a bare process."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study, costs = optuna.create_study(sampler=optuna.samplers.RandomSampler(1)), []
    for _ in range(trials):
        started = time.perf_counter()
        trial = study.ask()
        subprocess.run(["bash", "-c", f"{NOTHING} {trial.suggest_float('x', 0, 1)}"], check=True)
        study.tell(trial, 0.0)
        costs.append(time.perf_counter() - started)
    return costs


def many(made: Bench, trials: int) -> dict[str, object]:
    made.start("many", "sweep", sweep(trials, 4))
    early, started = 0.0, time.perf_counter()
    while True:
        ended = sum(child.health is not Health.PROGRESSING for child in made.children("many"))
        if not early and ended >= trials // 4:
            early = made.memory_mib()
        try:
            if not made.under_way("many"):
                break
        except SystemExit:
            break  # no trial has logged the metric
        time.sleep(0.2)
    took = time.perf_counter() - started
    if (ended := len(made.costs("many")) + 1) != trials:
        raise SystemExit(f"{ended} of {trials} trials have ended")
    return {
        "what": f"{trials} trials, 4 at a time: supervisor's MiB after a quarter, after all",
        "seconds": took,
        "goal": f"no growth: {early:.1f} → {made.memory_mib():.1f}",
    }


def measure(steps: int, trials: int, number: int) -> list[dict[str, object]]:
    with bench() as made:
        floor = statistics.median(bare(20))
        made.run("chain", "pipeline", chain(steps))
        with suppress(SystemExit):  # no trial has logged the metric
            made.run("search", "sweep", sweep(trials, 1))
        of_steps, of_trials, of_optuna = made.costs("chain"), made.costs("search"), by_optuna(trials)
        floor = statistics.median([floor, *bare(20)])
        rows: list[dict[str, object]] = [
            {"what": f"step beyond its process, p50 of {len(of_steps)}", **_beyond(of_steps, floor)},
            {"what": f"trial beyond its process, p50 of {len(of_trials)}", **_beyond(of_trials, floor)},
            {"what": "Optuna and a bare process, beyond the process", "seconds": statistics.median(of_optuna) - floor, "goal": ""},
            {"what": "bare process", "seconds": floor, "goal": json.dumps({"load": os.getloadavg()[0]})},
        ]  # fmt: skip
        return [*rows, many(made, number)] if number else rows


def _beyond(costs: Sequence[float], floor: float) -> dict[str, object]:
    return {"seconds": statistics.median(costs) - floor, "goal": f"<= {GOAL_S} s"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--many", type=int, default=200, help="trials of the parallel sweep; 0 leaves it out")
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()
    print(machine())
    report("steps", measure(arguments.steps, arguments.trials, arguments.many), arguments.out)


if __name__ == "__main__":
    main()
