"""The load of the router's benchmark, in a process of its own: ``python -m benchmarks.router_load TARGET CONNECTIONS COUNT``."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import cast

KEY = "benchmark"
BODY = b'{"data": [{"age": "60", "anaemia": "false", "ejection_fraction": "38", "serum_creatinine": "1.1"}]}'


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

    def ask(self) -> None:
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
            self.ask()
        else:
            self._transport.close()
            self._over()


async def load(target: str, connections: int, count: int) -> dict[str, float]:
    """Ask `count` times on each connection. They are opened before the clock starts."""
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

    async def open_one() -> LoadConnection:
        while True:
            try:
                if target.isdigit():
                    return (await loop.create_connection(make, "127.0.0.1", int(target)))[1]
                return (await loop.create_unix_connection(make, target))[1]
            except BlockingIOError:  # the server has not accepted those before yet
                await asyncio.sleep(0.01)

    opened = [await open_one() for _ in range(connections)]
    begin = time.perf_counter()
    for connection in opened:
        connection.ask()
    await done.wait()
    took = time.perf_counter() - begin
    latencies = sorted(latency for connection in opened for latency in connection.latencies)
    return {
        "p50_us": latencies[len(latencies) // 2] * 1e6,
        "p99_us": latencies[len(latencies) * 99 // 100] * 1e6,
        "per_s": len(latencies) / took,
        "failures": sum(connection.failures for connection in opened),
        "load_cpu_us": time.process_time() * 1e6 / len(latencies),
    }


def processor_s(pid: int) -> float:
    """Processor time of another process and all its threads, seconds. Source: clock_getcpuclockid(3); Linux alone."""
    return time.clock_gettime((~pid << 3) | 2)


def run_load(target: str, connections: int, count: int, **watched: int) -> dict[str, float]:
    """The load from a process of its own.

    Args:
        watched: processes by name; the answer has the processor time that each took for one request, microseconds.
    """
    command = [sys.executable, "-m", "benchmarks.router_load", target, str(connections), str(count)]
    before = {name: processor_s(pid) for name, pid in watched.items()}
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    found = cast(dict[str, float], json.loads(done.stdout))
    for name, pid in watched.items():
        found[f"{name}_cpu_us"] = (processor_s(pid) - before[name]) * 1e6 / (connections * count)
    return found


def main() -> None:
    import uvloop

    target, connections, count = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(load(target, int(connections), int(count)))))


if __name__ == "__main__":
    main()
