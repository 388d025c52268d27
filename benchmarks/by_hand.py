"""What two parts that are written by hand save, beside the libraries that would do the same (docs/adr/0014).

    python -m benchmarks.by_hand

Processor time, for it depends less on what else the machine does; contenders in turn, medians of rounds.

1. Reading YAML with places: our reader on the parser's events, PyYAML's node tree (`yaml.compose` with libyaml), which has
   the places too but is not yet a tree of values, and `yaml.safe_load` of libyaml, which has no places at all.
2. Answering a request: a Starlette app on uvicorn with httptools and uvloop that sends three bytes, with one caller on one
   connection. What the router does beside that is in `benchmarks.router`.
3. Answering a request of the wire, TLS and the caller's part included: for pairs of commits, run it in turn in both.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from benchmarks.shapes import amlctl_spec
from orchestrator.kinds import discover
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.workspace.arm.account import GROUP, SUBSCRIPTION, WORKSPACE
from orchestrator.workspace.arm.scope import Scope
from orchestrator.workspace.arm.service import ArmService
from orchestrator.workspace.folder.paths import WorkspacePaths

ROUNDS, REQUESTS = 5, 5000
PATHS = ("", "computes", "computes/none", "environments/none/versions/1")

SERVER = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def answer(request):
    return Response(b"[1]")

uvicorn.run(Starlette(routes=[Route("/score", answer)]), uds=sys.argv[1], log_level="error", http="httptools", loop="uvloop")
"""


def main() -> None:
    """Measure and print."""
    print(f"load {os.getloadavg()[0]:.0f}; medians of {ROUNDS} rounds, in turn")
    text = amlctl_spec(1000)
    readers: dict[str, Callable[[], Any]] = {
        "ours": lambda: read_documents(text, "spec.yaml", Problems()),
        "node tree": lambda: yaml.compose(text, Loader=yaml.CSafeLoader),
        "values without places": lambda: yaml.load(text, Loader=yaml.CSafeLoader),
    }
    taken: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(ROUNDS):
        for name, read in readers.items():
            began = time.process_time()
            read()
            taken[name].append(time.process_time() - began)
    for name, seconds in taken.items():
        print(f"YAML, 1,000 resources, {name}: {statistics.median(seconds) * 1000:.0f} ms")
    costs = [answering(REQUESTS) - answering(0) for _ in range(ROUNDS)]
    print(f"Starlette on uvicorn: {statistics.median(costs) / REQUESTS * 1e6:.0f} µs for each request")
    print(f"the wire, with its caller: {wire(1000) * 1e6:.0f} µs for each request")


def wire(requests: int) -> float:
    """Processor time of a read over the wire, caller included, seconds."""
    with tempfile.TemporaryDirectory() as folder:
        service = ArmService(WorkspacePaths(Path(folder) / ".amlctl"), kinds=discover())
        service.start()
        trust = ssl.create_default_context(cafile=service.client_environment()["REQUESTS_CA_BUNDLE"])
        caller = http.client.HTTPSConnection("127.0.0.1", int(service.url.rsplit(":", 1)[1]), context=trust)
        headers = {"Authorization": f"Bearer {service.tokens.issue('x')[0]}"}
        for number in range(requests + 100):
            if number == 100:
                began = time.process_time()
            caller.request("GET", f"{Scope(SUBSCRIPTION, GROUP, WORKSPACE).id}/{PATHS[number % 4]}", headers=headers)
            caller.getresponse().read()
        taken = time.process_time() - began
        caller.close()
        service.close()
    return taken / requests


def answering(requests: int) -> float:
    """Processor time of a server that answers so many requests, start and end included, seconds."""
    with tempfile.TemporaryDirectory() as folder:
        address = str(Path(folder) / "s")
        server = subprocess.Popen([sys.executable, "-c", SERVER, address])
        while not Path(address).exists():
            time.sleep(0.05)
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(address)
            for _ in range(requests):
                caller.sendall(b"GET /score HTTP/1.1\r\nHost: x\r\n\r\n")
                while not caller.recv(65536).endswith(b"[1]"):
                    pass
        server.terminate()
        _, _, usage = os.wait4(server.pid, 0)
        server.returncode = 0
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
