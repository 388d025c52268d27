"""Goal 5: what the router adds to a scoring request.

    python -m benchmarks.router [--json FILE]

The real router and real scoring servers as processes of their own, as an endpoint has them; the load comes from one more
process. Direct means the same load straight to the scoring server's unix socket. Direct and routed take turns, round by
round, so that a noisy minute hits both; figures are medians over the rounds, and the added time is the median of the
differences of each round.
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
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from benchmarks.measure import machine, report
from orchestrator.workspace.paths import WorkspacePaths
from orchestrator.workspace.serving.files import RouterFiles
from orchestrator.workspace.serving.ports import free_port
from orchestrator.workspace.serving.probing import answers, ask_router
from orchestrator.workspace.serving.table import DeploymentRoute, EndpointRoute, RoutingTable

KEY = "benchmark"
ROUNDS = 7
BODY = b'{"data": [{"age": "60", "anaemia": "false", "ejection_fraction": "38", "serum_creatinine": "1.1"}]}'
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


class LoadConnection(asyncio.Protocol):
    """Asks again as soon as it is answered, and notes how long each answer took."""

    def __init__(self, request: bytes, count: int, over: Callable[[], None]) -> None:
        self._request = request
        self._left = count
        self._over = over
        self._buffer = b""
        self._sent = 0.0
        self.latencies: list[float] = []
        self.failures = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        length = int(head.lower().rpartition(b"content-length: ")[2].split(b"\r\n")[0]) if found else 1
        if not found or len(body) < length:
            return
        self.latencies.append(time.perf_counter() - self._sent)
        self.failures += not head.startswith(b"HTTP/1.1 200")
        self._buffer = b""
        self._left -= 1
        if self._left:
            self._ask()
        else:
            self._transport.close()
            self._over()


async def load(target: str, connections: int, count: int) -> dict[str, float]:
    """Ask `count` times on each connection."""
    request = (
        b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (KEY.encode(), len(BODY), BODY)
    )
    loop = asyncio.get_running_loop()
    left, done = connections, asyncio.Event()

    def over() -> None:
        nonlocal left
        left -= 1
        if not left:
            done.set()

    def make() -> LoadConnection:
        return LoadConnection(request, count, over)

    begin = time.perf_counter()
    opened = []
    for _ in range(connections):
        if target.isdigit():
            opened.append((await loop.create_connection(make, "127.0.0.1", int(target)))[1])
        else:
            opened.append((await loop.create_unix_connection(make, target))[1])
    await done.wait()
    took = time.perf_counter() - begin
    latencies = sorted(latency for connection in opened for latency in connection.latencies)
    return {
        "p50_us": latencies[len(latencies) // 2] * 1e6,
        "p99_us": latencies[len(latencies) * 99 // 100] * 1e6,
        "per_s": len(latencies) / took,
        "failures": sum(connection.failures for connection in opened),
    }


def run_load(target: str, connections: int, count: int) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.router", "--load", target, str(connections), str(count)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return cast(dict[str, float], json.loads(done.stdout))


def rounds(direct: str, routed: str, connections: int, count: int) -> dict[str, Any]:
    """Direct and routed in turn."""
    pairs = []
    for number in range(ROUNDS + 1):
        targets = (direct, routed) if number % 2 else (routed, direct)
        taken = {target: run_load(target, connections, count) for target in targets}
        pairs.append((taken[direct], taken[routed]))
    pairs = pairs[1:]  # the first warms up

    def median(figure: Callable[[dict[str, float], dict[str, float]], float]) -> float:
        return statistics.median(figure(*pair) for pair in pairs)

    return {
        "connections": connections,
        "direct_p50_us": median(lambda d, _: d["p50_us"]),
        "routed_p50_us": median(lambda _, r: r["p50_us"]),
        "added_p50_us": median(lambda d, r: r["p50_us"] - d["p50_us"]),
        "direct_p99_us": median(lambda d, _: d["p99_us"]),
        "routed_p99_us": median(lambda _, r: r["p99_us"]),
        "added_p99_ms": median(lambda d, r: (r["p99_us"] - d["p99_us"]) / 1000),
        "direct_per_s": median(lambda d, _: d["per_s"]),
        "routed_per_s": median(lambda _, r: r["per_s"]),
        "throughput_ratio": median(lambda d, r: r["per_s"] / d["per_s"]),
        "failures": sum(d["failures"] + r["failures"] for d, r in pairs),
    }


class Stage:
    """Processes of one benchmark, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = WorkspacePaths(folder)
        self._processes: list[subprocess.Popen[bytes]] = []

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
        self._start("orchestrator.workspace.serving.router", str(self._folder))
        asyncio.run(_until(lambda: ask_router(files.socket, "status")))
        return {endpoint.name: str(endpoint.port) for endpoint in endpoints}

    def close(self) -> None:
        """End them."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)

    def _start(self, module: str, argument: str) -> None:
        log = (self._folder / "log").open("ab")
        with log:
            self._processes.append(
                subprocess.Popen([sys.executable, "-m", module, argument], cwd=self._folder, stdout=log, stderr=log)
            )


async def _until(answered: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not await answered():
            await asyncio.sleep(0.02)


def measure() -> dict[str, Any]:
    """Both scenarios."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        try:
            echo, model = stage.serve("echo", ECHO), stage.serve("model", MODEL)
            ports = stage.route(echo=echo, model=model)
            return {
                "no model, 1 connection": rounds(echo, ports["echo"], 1, 2000),
                "2 ms model, 1 connection": rounds(model, ports["model"], 1, 400),
                "2 ms model, 8 connections": rounds(model, ports["model"], 8, 100),
            }
        finally:
            stage.close()


def against_goals(figures: dict[str, dict[str, float]]) -> list[dict[str, object]]:
    """Each goal beside what was found."""
    alone, busy = figures["no model, 1 connection"], figures["2 ms model, 8 connections"]
    return [
        {"goal": "added at p50, µs", "at most": 150.0, "found": alone["added_p50_us"]},
        {"goal": "added at p99, ms", "at most": 3.0, "found": max(row["added_p99_ms"] for row in figures.values())},
        {"goal": "throughput of direct", "at least": 0.9, "found": busy["throughput_ratio"]},
        {"goal": "failed requests", "at most": 0.0, "found": sum(row["failures"] for row in figures.values())},
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="What the router adds to a scoring request.")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--load", nargs=3, metavar=("TARGET", "CONNECTIONS", "COUNT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            target, connections, count = options.load
            print(json.dumps(runner.run(load(target, int(connections), int(count)))))
        return
    taken_on = machine()
    figures = measure()
    print(f"{taken_on}; medians of {ROUNDS} rounds, direct and routed in turn")
    report("direct and routed", [{"load": name, **row} for name, row in figures.items()], None)
    goals = against_goals(figures)
    report("goals", [{"goal": "", "at most": "", "at least": "", **row} for row in goals], None)
    if options.json:
        content = {"machine": taken_on, "rounds": ROUNDS, "figures": figures, "goals": goals}
        options.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
