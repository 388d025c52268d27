"""Goal 5: what the router adds to a scoring request.

    python -m benchmarks.router [--json FILE] [--rounds N]

The real router and real scoring servers as processes of their own, as an endpoint has them; the load comes from one more
process. Direct means the same load straight to the scoring server's unix socket; the floor is a Python process that copies
bytes and looks at none (`benchmarks.router_floor`). All take turns, round by round, so that a noisy minute hits each; figures
are medians over the rounds, and what is added or left is the median of the differences or ratios of each round. Processor
time is that of whole processes, by the kernel's own clock; others on the machine change it less than they change throughput.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.measure import machine, report
from benchmarks.router_load import BODY, KEY, run_load
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.serving.files import RouterFiles
from orchestrator.workspace.serving.ports import free_port
from orchestrator.workspace.serving.probing import answers, ask_router
from orchestrator.workspace.serving.table import DeploymentRoute, EndpointRoute, RoutingTable

__all__ = ["BODY", "KEY", "Stage"]

ROUNDS = 7
ECHO = "def init(): pass\ndef run(raw):\n    return raw\n"
MODEL = """import time
def init(): pass
def run(raw):
    # Two milliseconds of processor time, as a small model with its data frame takes.
    end = time.thread_time() + 0.002
    while time.thread_time() < end:
        sum(range(200))
    return {"result": [False]}
"""
TRIVIAL = ((1, 2000), (8, 500), (64, 80), (256, 20))
"""Connections, and requests on each, to the scoring server that gives back what it gets."""
SMALL = ((1, 400), (8, 100))
"""The same to the one with a model of 2 ms."""


class Stage:
    """Processes of one benchmark, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = WorkspacePaths(folder)
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def newest(self) -> int:
        """The process that was started last."""
        return self._processes[-1].pid

    def serve(self, name: str, script: str) -> str:
        """Start a scoring server; its socket."""
        socket = str(self._folder / f"{name}.sock")
        (self._folder / f"{name}.py").write_text(script)
        config = self._folder / f"{name}.json"
        config.write_text(
            json.dumps(
                {"socket": socket, "deployment": name, "script": str(self._folder / f"{name}.py"), "model": None}
            )
        )
        self._start("orchestrator.workspace.serving.worker", str(config))
        asyncio.run(_until(lambda: answers(socket, "/", 1.0)))
        return socket

    def route(
        self, settings: Callable[[DeploymentRoute], DeploymentRoute] = lambda route: route, **sockets: str
    ) -> dict[str, str]:
        """Start a router with one endpoint for each socket; their ports."""
        files = RouterFiles(self._paths)
        files.folder.mkdir(parents=True)
        keys = (hashlib.sha256(KEY.encode()).hexdigest(),)
        endpoints = tuple(
            EndpointRoute(name, free_port(), keys, (settings(DeploymentRoute("blue", (socket,))),), (("blue", 100),))
            for name, socket in sockets.items()
        )
        files.table.write_text(RoutingTable("1", endpoints).to_json())
        files.wanted.touch()
        self._start("orchestrator.workspace.serving.router.process", str(self._folder))
        asyncio.run(_until(lambda: ask_router(files.socket, "status")))
        return {endpoint.name: str(endpoint.port) for endpoint in endpoints}

    def copy(self, socket: str) -> str:
        """Start the process that only copies bytes to a socket; its port."""
        port = free_port()
        self._start("benchmarks.router_floor", str(port), socket, cwd=Path.cwd())
        asyncio.run(_until(lambda: _listens(port)))
        return str(port)

    def close(self) -> None:
        """End them."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)

    def _start(self, module: str, *arguments: str, cwd: Path | None = None) -> None:
        log = (self._folder / "log").open("ab")
        with log:
            command = [sys.executable, "-m", module, *arguments]
            self._processes.append(subprocess.Popen(command, cwd=cwd or self._folder, stdout=log, stderr=log))


async def _until(answered: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not await answered():
            await asyncio.sleep(0.02)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


Round = dict[str, dict[str, float]]


def take_rounds(targets: Mapping[str, str], connections: int, count: int, many: int, **watched: int) -> list[Round]:
    """Every target once a round, each round beginning with another one."""
    names = list(targets)
    taken: list[Round] = []
    for number in range(many + 1):
        turn = number % len(names)
        order = names[turn:] + names[:turn]
        taken.append({name: run_load(targets[name], connections, count, **watched) for name in order})
    return taken[1:]  # the first warms up


def figures(rounds: list[Round]) -> dict[str, float]:
    """Medians of the rounds."""

    def median(figure: Callable[[Round], float]) -> float:
        return statistics.median(map(figure, rounds))

    def of(target: str, key: str) -> float:
        return median(lambda one: one[target][key])

    def left(target: str) -> float:
        return median(lambda one: one[target]["per_s"] / one["direct"]["per_s"])

    return {
        "direct /s": of("direct", "per_s"),
        "routed /s": of("routed", "per_s"),
        "ratio": left("routed"),
        "floor's ratio": left("floor") if "floor" in rounds[0] else 0.0,
        "direct p50 µs": of("direct", "p50_us"),
        "routed p50 µs": of("routed", "p50_us"),
        "added p50 µs": median(lambda one: one["routed"]["p50_us"] - one["direct"]["p50_us"]),
        "direct p99 ms": of("direct", "p99_us") / 1000,
        "routed p99 ms": of("routed", "p99_us") / 1000,
        "added p99 ms": median(lambda one: (one["routed"]["p99_us"] - one["direct"]["p99_us"]) / 1000),
        "failures": sum(found["failures"] for one in rounds for found in one.values()),
    }


def processor_time(rounds: list[Round]) -> dict[str, float]:
    """Microseconds for one request, by process; medians of the rounds."""
    return {
        f"{process} {target}": statistics.median(one[target][f"{process}_cpu_us"] for one in rounds)
        for process, targets in (
            ("router", ("routed",)),
            ("floor", ("floor",)),
            ("server", ("direct", "routed")),
            ("load", ("direct", "routed")),
        )
        for target in targets
        if f"{process}_cpu_us" in rounds[0].get(target, {})
    }


def measure(many: int) -> dict[str, list[Round]]:
    """All scenarios."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        try:
            echo = stage.serve("echo", ECHO)
            server = stage.newest
            model = stage.serve("model", MODEL)
            ports = stage.route(echo=echo, model=model)
            watched = {"server": server, "router": stage.newest}
            targets = {"direct": echo, "routed": ports["echo"], "floor": stage.copy(echo)}
            watched["floor"] = stage.newest
            found = {
                f"trivial model, {connections} connections": take_rounds(targets, connections, count, many, **watched)
                for connections, count in TRIVIAL
            }
            for connections, count in SMALL:
                name = f"2 ms model, {connections} connections"
                found[name] = take_rounds({"direct": model, "routed": ports["model"]}, connections, count, many)
            return found
        finally:
            stage.close()


def against_goals(rows: dict[str, dict[str, float]]) -> list[dict[str, object]]:
    """Each goal beside what was found."""
    alone, busy = rows["trivial model, 1 connections"], rows["2 ms model, 8 connections"]
    trivial = [row["ratio"] for name, row in rows.items() if name.startswith("trivial")]
    small = [row for name, row in rows.items() if not name.startswith("trivial")]
    return [
        {"goal": "added at p50, µs", "at most": 150.0, "found": alone["added p50 µs"]},
        {"goal": "added at p99, ms", "at most": 3.0, "found": max(row["added p99 ms"] for row in (alone, *small))},
        {"goal": "throughput of direct, 2 ms model", "at least": 0.9, "found": busy["ratio"]},
        {"goal": "throughput of direct, trivial model, the lowest", "at least": 0.7, "found": min(trivial)},
        {"goal": "failed requests", "at most": 0.0, "found": sum(row["failures"] for row in rows.values())},
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="What the router adds to a scoring request.")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    taken_on = machine()
    taken = measure(options.rounds)
    rows = {name: figures(rounds) for name, rounds in taken.items()}
    print(f"{taken_on}; medians of {options.rounds} rounds, direct, routed and the floor in turn")
    report("direct and routed", [{"load": name, **row} for name, row in rows.items()], None)
    spent = {name: processor_time(rounds) for name, rounds in taken.items()}
    report("processor time, µs for one request", [{"load": name, **row} for name, row in spent.items() if row], None)
    goals = against_goals(rows)
    report("goals", [{"goal": "", "at most": "", "at least": "", **row} for row in goals], None)
    if options.json:
        content = {"machine": taken_on, "rounds": options.rounds, "figures": rows, "processor time": spent}
        options.json.write_text(json.dumps({**content, "goals": goals}, indent=2) + "\n")


if __name__ == "__main__":
    main()
