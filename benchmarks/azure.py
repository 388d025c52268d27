"""Goal 6: a plan without changes of an Azure workspace, over the wire, with latency at the server.

    python -m benchmarks.azure --sizes 50,500 --latencies 40,120 --rounds 3

Taken with the real azure-ai-ml client against `FaultyService` in a process of its own, over TLS on loopback; each request waits for
the latency at the server. Planning and the plain script take turns, each with a client made anew and azure-ai-ml imported already.
Tokens and the state's blob are counted among the requests and in the wall time.

The floor is the slowest chain of pages, pages × latency: pages of one list follow each other, lists do not. Two shapes: ``lists``
has computes and datastores only, of which lists tell everything; ``mixed`` is `benchmarks.shapes`, where three quarters are
versions of assets. Lists of assets tell names only, so each name costs a request; its floor is these requests, ten at once.
With ``--bucket`` the server refuses with 429 as Azure Resource Manager documents it: 250 reads at once, 25 more each second.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Any

from benchmarks.measure import machine, report
from benchmarks.shapes import amlctl_spec
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions, Project, WorkspaceChoice
from orchestrator.core.value import Secret
from orchestrator.engine import (
    RunOptions,
    apply_project,
    load_project,
    open_workspace,
    plan_project,
    rebuild_state,
)
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.workspace.arm.account import CLIENT, GROUP, SUBSCRIPTION, WORKSPACE
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.paging import PAGE
from orchestrator.workspace.arm.server import Respond
from orchestrator.workspace.arm.tokens import TENANT
from orchestrator.workspace.folder.paths import WorkspacePaths
from tests.wire.faults import Faults, FaultyService

BUCKET, REFILL_S = 250, 25.0
"""Reads that a subscription has in a row, and how many come back each second. Source: Azure Resource Manager, throttling."""

PAGES = {"compute": PAGE, "datastores": 30}
"""Items of a page. Source: `orchestrator.workspace.arm.paging`; for datastores what the client asks for, seen on the wire."""

AT_ONCE = 10
"""Calls at once, ours and the plain script's."""


@dataclass
class Metered(Faults):
    """Counts requests, and how many are answered at once; delays and, if told, refuses them."""

    latency_s: float = 0.0
    bucket: bool = False
    requests: int = 0
    throttled: int = 0
    inside: int = 0
    busiest: int = 0
    tokens: float = float(BUCKET)
    filled: float = field(default_factory=time.monotonic)
    using: threading.Lock = field(default_factory=threading.Lock)

    def around(self, respond: Respond) -> Respond:
        def answer(request: WireRequest) -> Answer:
            with self.using:
                self.requests += 1
                self.inside += 1
                self.busiest = max(self.busiest, self.inside)
                refused = self.bucket and request.path.startswith("/subscriptions") and not self._token()
                self.throttled += refused
            try:
                time.sleep(self.latency_s)
                if refused:
                    raise WireError(429, "TooManyRequests", "Too many reads.", retry_after=1)
                return respond(request)
            finally:
                with self.using:
                    self.inside -= 1

        return answer

    def _token(self) -> bool:
        now = time.monotonic()
        self.tokens = min(float(BUCKET), self.tokens + (now - self.filled) * REFILL_S)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def told(self) -> dict[str, int]:
        """What was counted since the last time. The bucket is full again."""
        with self.using:
            found = {"requests": self.requests, "429s": self.throttled, "at once": self.busiest}
            self.requests = self.throttled = self.busiest = 0
            self.tokens = float(BUCKET)
        return found


def serve(root: Path) -> None:
    """Serve a workspace and obey the parent: one JSON object of settings a line, answered with what was counted."""
    meter = Metered()
    service = FaultyService(WorkspacePaths(root), faults=meter)
    service.start()
    ready = {
        "url": service.url,
        "secret": service.tokens.secret,
        "ca": service.client_environment()["REQUESTS_CA_BUNDLE"],
    }
    print(json.dumps(ready), flush=True)
    for line in sys.stdin:
        counted = meter.told()
        for name, value in json.loads(line).items():
            setattr(meter, name, value)
        print(json.dumps(counted), flush=True)
    service.close()


@dataclass
class Server:
    """The serving process."""

    process: subprocess.Popen[str]
    choice: WorkspaceChoice

    def tell(self, **settings: object) -> Mapping[str, int]:
        """Change settings of `Metered`; what was counted until now."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(settings) + "\n")
        self.process.stdin.flush()
        counted: Mapping[str, int] = json.loads(self.process.stdout.readline())
        return counted


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    """Serve a workspace until the block ends."""
    command = [sys.executable, "-m", "benchmarks.azure", "--serve", str(root)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    principal = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": Secret("SP", ready["secret"])}
    connection = {
        "resource_manager": ready["url"], "storage_suffix": "core.localhost", "authority": ready["url"],
        "instance_discovery": False, "ca_file": ready["ca"],
    }  # fmt: skip
    settings = {
        "subscription_id": SUBSCRIPTION, "resource_group": GROUP, "workspace_name": WORKSPACE,
        "credential": {"client_secret": principal}, "connection": connection,
    }  # fmt: skip
    try:
        yield Server(process, WorkspaceChoice("azure", settings))
    finally:
        process.communicate(timeout=30)


def lists_spec(count: int) -> str:
    """Computes and datastores, half and half."""
    lines = ["project: bench", "compute:"]
    lines += [f"  cpu-{n}: {{type: amlcompute, size: Standard_DS3_v2, max_instances: 4}}" for n in range(count // 2)]
    lines.append("datastores:")
    lines += [
        f"  store_{n}: {{type: azure_blob, account_name: a{n}, container_name: raw}}" for n in range(count - count // 2)
    ]
    return "\n".join(lines) + "\n"


SHAPES: Mapping[str, Callable[[int], str]] = {"lists": lists_spec, "mixed": amlctl_spec}


def filled(root: Path, spec: Path, server: Server) -> Project:
    """The project, applied: by the embedded workspace, which is quicker, and taken over by the state on the wire."""
    project = load_project([spec], LoadOptions())
    local = replace(project, workspace=WorkspaceChoice("local", {"path": str(root), "stand_ins": {}}))
    with open_workspace(local, discover(), SystemClock()) as workspace:
        report_of = apply_project(local, workspace, PlanOptions(), RunOptions(), lambda plan: True)[1]
        assert report_of is not None
        assert not report_of.failed
    remote = replace(project, workspace=server.choice)
    with open_workspace(remote, discover(), SystemClock()) as workspace:
        rebuild_state(remote, workspace, RunOptions())
    return remote


def plan_once(project: Project) -> None:
    """One plan, of which nothing may come."""
    with open_workspace(project, discover(), SystemClock()) as workspace:
        effective = plan_project(project, workspace, PlanOptions()).plan.effective
    assert not effective, [(str(change.address), change.reasons) for change in effective[:5]]


def script_once(project: Project) -> None:
    """What somebody would write: get each resource with the SDK, ten at once."""
    from orchestrator.backends.azure import sdk
    from orchestrator.backends.azure.connection import connection_of
    from orchestrator.backends.azure.identity import make_credential

    connection = connection_of(project.workspace.settings)
    client = sdk.connect(connection, make_credential(connection))
    collections = {kind.section: kind.azure.collection for kind in discover().values() if "." not in kind.key}

    def get(desired: Any) -> None:
        collection = getattr(client, collections[desired.address.section])
        version = {} if desired.address.section in ("compute", "datastores") else {"version": versions[desired.address]}
        collection.get(name=desired.address.name, **version)

    with open_workspace(project, discover(), SystemClock()) as workspace:
        versions = {address: applied.revision for address, applied in workspace.store.load().applied.items()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(get, project.resources.values()))


def floor_s(project: Project, latency_s: float) -> tuple[int, float]:
    """The least number of requests, and the least wall time."""
    counts: dict[str, int] = {}
    for address in project.resources:
        counts[address.section] = counts.get(address.section, 0) + 1
    named = sum(counts.get(section, 0) for section in ("data", "environments", "models"))
    chains = [ceil(counts.get(section, 0) / size) for section, size in PAGES.items()]
    return sum(chains) + named, max(*chains, named / AT_ONCE) * latency_s


@dataclass(frozen=True)
class Taken:
    """One run."""

    wall_s: float
    counted: Mapping[str, int]


def taken(server: Server, once: Callable[[], None]) -> Taken:
    server.tell()
    start = time.perf_counter()
    once()
    wall = time.perf_counter() - start
    return Taken(wall, server.tell())


def rows(options: argparse.Namespace, shape: str, count: int) -> Iterator[dict[str, object]]:
    """One row for each latency."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = folder / "spec.yaml"
        spec.write_text(SHAPES[shape](count))
        root = folder / ".amlctl"
        with serving(root) as server:
            project = filled(root, spec, server)
            for latency in options.latencies:
                server.tell(latency_s=latency / 1000, bucket=options.bucket)
                ours, theirs = [], []
                for _ in range(options.rounds):
                    ours.append(taken(server, lambda: plan_once(project)))
                    if not options.no_script:
                        theirs.append(taken(server, lambda: script_once(project)))
                yield row(shape, count, latency, (ours, theirs), floor_s(project, latency / 1000))
                server.tell(latency_s=0, bucket=False)


def row(
    shape: str, count: int, latency: int, runs: tuple[list[Taken], list[Taken]], floor: tuple[int, float]
) -> dict[str, object]:
    ours, theirs = runs
    wall = statistics.median(run.wall_s for run in ours)
    last = ours[-1].counted
    script = statistics.median(run.wall_s for run in theirs) if theirs else None
    return {
        "shape": shape, "resources": count, "ms": latency, "requests": last["requests"], "least": floor[0],
        "429s": sum(run.counted["429s"] for run in ours), "at once": max(run.counted["at once"] for run in ours),
        "plan s": wall, "floor s": floor[1], "to floor": wall / floor[1],
        "script s": script, "its 429s": sum(run.counted["429s"] for run in theirs),
        "times faster": None if script is None else script / wall,
    }  # fmt: skip


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=numbers, default=[50, 500])
    parser.add_argument("--latencies", type=numbers, default=[40, 120], help="milliseconds")
    parser.add_argument("--shapes", default="lists,mixed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bucket", action="store_true", help="refuse as Azure Resource Manager does")
    parser.add_argument("--no-script", action="store_true", help="leave the plain script out")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve)
        return
    warnings.simplefilter("ignore")  # the client's own libraries deprecate each other
    import azure.ai.ml  # noqa: F401  importing it takes seconds and is no part of what is measured

    print(machine())
    found = [
        row for count in options.sizes for shape in options.shapes.split(",") for row in rows(options, shape, count)
    ]
    report(
        "Goal 6: no-change plan on Azure (no 429 up to 5,000; at most 1.5 x the slowest page chain)", found, options.out
    )


if __name__ == "__main__":
    main()
