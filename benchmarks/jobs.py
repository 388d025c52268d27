"""The embedded workspace's own cost: until it answers, until a trivial job has ended, and while it has nothing to do.

    python -m benchmarks.jobs --rounds 5 --idle 20

Taken as a user would meet it: whole processes on a fresh workspace, medians. A first job also waits for the tracking server to
load MLflow and make its database; later ones find it running. The floor of a trivial job is ``python -c pass``, because its runner is
a Python process.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import machine, report
from orchestrator.core.health import Health
from orchestrator.workspace.folder.identity import ensure_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import ProcessIdentity
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from orchestrator.workspace.supervision.control import ControlAddress, ControlFiles

START_GOAL_S = 0.6
IDLE_GOAL_PERCENT = 1.0
WARM_JOBS = 10


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def trivial_job(store: RecordStore, client: SupervisorClient, run: str) -> None:
    body = {"type": "command", "command": "true", "environment": {"image": "any"}}
    record = store.insert(
        Record("jobs", "jobs.trivial", run, body=body, health=Health.PROGRESSING, phase="queued", variant="command")
    )
    client.nudge()
    while (now := store.get(*record.key)) is None or now.health is Health.PROGRESSING:
        time.sleep(0.002)
    if now.health is not Health.HEALTHY:
        raise SystemExit(f"the trivial job failed: {now.message}")


def cpu_seconds(process: ProcessIdentity) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle_percent(paths: WorkspacePaths, span_s: float) -> float:
    files = ControlFiles(paths)
    address = ControlAddress.read(files)
    if address is None:
        raise SystemExit("the supervisor is gone")
    both = (address.process, ProcessIdentity.parse(files.guard_lock.read_text()))
    before = sum(map(cpu_seconds, both))
    time.sleep(span_s)
    return (sum(map(cpu_seconds, both)) - before) / span_s * 100


def measure(rounds: int, idle_s: float) -> list[dict[str, object]]:
    starts, firsts, warms, floors, idle = [], [], [], [], 0.0
    for number in range(rounds):
        folder = Path(tempfile.mkdtemp(prefix="amlctl-bench-"))
        paths = WorkspacePaths(folder / "ws")
        ensure_identity(paths)
        store, client = RecordStore(paths), SupervisorClient(paths)
        try:
            starts.append(seconds(client.ensure))
            firsts.append(seconds(lambda store=store, client=client: trivial_job(store, client, "first")))
            for job in range(WARM_JOBS):
                floors.append(seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)))
                warms.append(seconds(lambda s=store, c=client, n=f"warm-{job}": trivial_job(s, c, n)))
            if number == rounds - 1:
                idle = idle_percent(paths, idle_s)
        finally:
            client.shutdown()
            store.close()
            shutil.rmtree(folder)
    floor = statistics.median(floors)
    return [
        {"what": "supervisor answers", "seconds": statistics.median(starts), "goal": f"<= {START_GOAL_S} s"},
        {"what": "first trivial job", "seconds": statistics.median(firsts), "goal": ""},
        {"what": "trivial job", "seconds": statistics.median(warms), "goal": f"floor {floor:.3f} s"},
        {"what": "idle, percent of a processor", "seconds": idle, "goal": f"< {IDLE_GOAL_PERCENT} %"},
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20.0, help="seconds over which the idle cost is taken")
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()
    print(machine())
    report("jobs", measure(arguments.rounds, arguments.idle), arguments.out)


if __name__ == "__main__":
    main()
