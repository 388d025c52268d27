"""What the loop costs: a pass that finds nothing to do against a plan that finds nothing to do, and an idle loop.

    python -m benchmarks.reconcile --size 1000 --rounds 15 --idle 60

Passes and plans are taken in turn inside one process, as a long-running loop makes them, and once more as whole processes. The
idle loop is a process of its own whose processor time is read between two passes; it looks at its folder every 5 seconds.

Measured with 1,000 resources on 2 cores: a plan 172 ms, a pass 179 ms; as processes 773 ms and 828 ms (ratio 1.07); the pass takes 0.99
times the plan's processor time (31 rounds on a busy machine); the idle loop uses 0.02 % of a core and 53 MiB.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.measure import alternate, machine, medians, ratios, run
from benchmarks.shapes import write_project
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project, open_workspace, plan_project
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.reconcile.conditions import after_pass
from orchestrator.reconcile.engine import Aim, Stages
from orchestrator.reconcile.events import silence
from orchestrator.reconcile.outcome import PassOutcome
from orchestrator.reconcile.passes import Pass
from orchestrator.reconcile.policy import Policy
from orchestrator.reconcile.record import to_document
from orchestrator.reconcile.source.folder import FolderSource
from orchestrator.reconcile.task import Control, Known, Task

AMLCTL = [sys.executable, "-m", "orchestrator"]


def plan_once(spec: Path) -> None:
    project = load_project([spec], LoadOptions())
    with open_workspace(project, discover(), SystemClock()) as workspace:
        assert not plan_project(project, workspace, PlanOptions()).plan.effective


def in_process(spec: Path, rounds: int) -> None:
    """Plans and passes in turn, each as often."""
    clock = SystemClock()
    stages = Stages({"p": Aim()}, clock, lambda event: None)
    task, known = Task("p", Policy(), FolderSource(spec)), Known()
    plans, passes, cpu = [], [], []
    for _ in range(rounds + 1):
        start, start_cpu = time.perf_counter(), time.process_time()
        plan_once(spec)
        middle, middle_cpu = time.perf_counter(), time.process_time()
        end = Pass(task, known, stages, clock, Control(), silence).run()
        assert end.facts.outcome is PassOutcome.CLEAN, end.facts
        record = after_pass(end.known.record, end.facts, Policy().backoff)
        stages.remember("p", to_document(record))
        passes.append(time.perf_counter() - middle)
        cpu.append((time.process_time() - middle_cpu) / (middle_cpu - start_cpu))
        plans.append(middle - start)
        known = Known(record, recalled=True)
    stages.close()
    plan, one_pass = statistics.median(plans[1:]), statistics.median(passes[1:])
    ratio = statistics.median(b / a for a, b in zip(plans[1:], passes[1:], strict=True))
    print(
        f"in one process: plan {plan * 1000:.0f} ms, pass {one_pass * 1000:.0f} ms, ratio {ratio:.2f}, "
        f"of processor time {statistics.median(cpu[1:]):.2f}"
    )


def whole_processes(folder: Path, rounds: int) -> None:
    """``plan`` and ``reconcile --once`` as a user would run them."""
    costs = alternate(
        {
            "plan": lambda: run([*AMLCTL, "plan", "--quiet"], folder),
            "reconcile --once": lambda: run([*AMLCTL, "reconcile", "--once", "--quiet"], folder),
        },
        rounds,
    )
    for name, taken in costs.items():
        cost = medians(taken)
        print(f"{name}: {cost.wall_s * 1000:.0f} ms, {cost.cpu_s * 1000:.0f} ms of processor, {cost.rss_mib:.0f} MiB")
    print("ratio {:.2f}, between {:.2f} and {:.2f}".format(*_middle_first(ratios(*costs.values()))))


def _middle_first(found: tuple[float, float, float]) -> tuple[float, float, float]:
    lowest, median, highest = found
    return median, lowest, highest


def idle(folder: Path, seconds: float) -> None:
    """Processor time of a loop between two passes."""
    loop = subprocess.Popen([*AMLCTL, "reconcile", "--quiet", "--interval", "600"], cwd=folder)
    try:
        process = psutil.Process(loop.pid)
        time.sleep(10)
        before = sum(process.cpu_times()[:2])
        time.sleep(seconds)
        used = sum(process.cpu_times()[:2]) - before
        print(f"idle loop: {used / seconds:.2%} of a core, {process.memory_info().rss / 2**20:.0f} MiB")
    finally:
        loop.terminate()
        loop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--idle", type=float, default=60.0, help="seconds")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, options.size)
        subprocess.run([*AMLCTL, "apply", "--yes", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        print(f"{options.size} resources, {options.rounds} rounds")
        in_process(folder / "spec.yaml", options.rounds)
        whole_processes(folder, options.rounds)
        idle(folder, options.idle)
        subprocess.run([*AMLCTL, "workspace", "down"], cwd=folder, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
