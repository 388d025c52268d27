"""How long the pages of a large project take, over HTTP: ``python -m benchmarks.pages --size 5000``.

Goal: an answer within 200 ms and 1 MiB with 5,000 resources, once the workspace has been looked at. The first look is told apart.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project
from orchestrator.reconcile.server.listen import Listen
from orchestrator.ui.serve import serving
from orchestrator.ui.source import LiveSource

GOAL_MS = 200.0
GOAL_BYTES = 1 << 20
PATHS = ("/", "/?page=50", "/?q=0042", "/plan", "/runs", "/schedules", "/history", "/resource/data.asset-00042")


def spec(size: int) -> str:
    """A project of data assets, of which each tenth depends on nothing but a URL."""
    lines = [
        f"  asset-{number:05}: {{type: uri_file, path: 'https://data.example.org/{number}.csv'}}"
        for number in range(size)
    ]
    return "\n".join(["project: large", "data:", *lines, ""])


def measured(connection: http.client.HTTPConnection, path: str, cookie: str) -> tuple[float, int]:
    """Milliseconds to the last byte, and bytes."""
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != http.client.OK:
        raise SystemExit(f"{path} answered {answer.status}")
    return (time.perf_counter() - began) * 1000, len(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "spec.yaml"
        place.write_text(spec(options.size))
        source = LiveSource(lambda: load_project([place], LoadOptions()))
        began = time.perf_counter()
        source.snapshot()
        print(f"first look at {options.size} resources: {time.perf_counter() - began:.1f} s")
        with serving(source, Listen(port=0)) as served:
            parts = urlsplit(served.entrance)
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
            connection.request("GET", f"/?{parts.query}")
            welcome = connection.getresponse()
            welcome.read()
            cookie = str(welcome.getheader("set-cookie")).partition(";")[0]
            for path in PATHS:
                rounds = [measured(connection, path, cookie) for _ in range(options.rounds)]
                took, size = statistics.median(each for each, _ in rounds), max(size for _, size in rounds)
                met = "met" if took <= GOAL_MS and size <= GOAL_BYTES else "MISSED"
                print(f"{path:<28} {took:7.1f} ms  {size / 1024:8.1f} KiB  {met}")


if __name__ == "__main__":
    main()
