"""Goals 1 and 2: plan and apply at 10 to 10,000 resources, paired with Terraform where it is installed.

    python -m benchmarks.engine --sizes 10,100,1000 --rounds 3

Taken as a user would: whole processes from start to end, in turn with Terraform in one run, medians. Terraform's resources
are its built-in ``terraform_data``, so no provider and no network are counted against it. For creating everything Terraform's
state goes to a small HTTP server on loopback, which is its faster way.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log
from pathlib import Path

from benchmarks.measure import Cost, alternate, machine, medians, ratios, report, run
from benchmarks.shapes import terraform_state, write_project, write_terraform

AMLCTL = [sys.executable, "-m", "orchestrator"]
ROOT = Path(__file__).resolve().parents[1]
TERRAFORM = shutil.which("terraform")


class StateServer(ThreadingHTTPServer):
    """Terraform's HTTP state backend: keeps the last body that was posted."""

    state = b""

    class Handler(BaseHTTPRequestHandler):
        server: StateServer

        def do_GET(self) -> None:
            self._answer(200 if self.server.state else 404, self.server.state)

        def do_POST(self) -> None:
            self.server.state = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._answer(200, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
            return


def expect(cost: Cost, what: str) -> Cost:
    if cost.code != 0:
        raise SystemExit(f"{what} ended with {cost.code}")
    return cost


def amlctl(folder: Path, *arguments: str) -> Callable[[], Cost]:
    environ = {"PYTHONPATH": str(ROOT)}
    return lambda: expect(run([*AMLCTL, *arguments], folder, environ), f"amlctl {arguments[0]}")


def terraform(folder: Path, *arguments: str) -> Callable[[], Cost]:
    return lambda: expect(run([str(TERRAFORM), *arguments], folder), f"terraform {arguments[0]}")


def create_all(base: Path, count: int, rounds: int) -> dict[str, list[Cost]]:
    """Everything from nothing, each round in folders of its own."""
    number = iter(range(10_000))

    def ours() -> Cost:
        folder = base / f"create-a{next(number)}"
        write_project(folder, count)
        return amlctl(folder, "apply", "spec.yaml", "--yes", "-q")()

    def theirs() -> Cost:
        folder = base / f"create-t{next(number)}"
        write_terraform(folder, count)
        server = StateServer(("127.0.0.1", 0), StateServer.Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/"
            (folder / "backend.tf").write_text(
                f'terraform {{\n  backend "http" {{\n    address = "{address}"\n  }}\n}}\n'
            )
            terraform(folder, "init", "-input=false")()
            return terraform(folder, "apply", "-auto-approve", "-input=false")()
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    return alternate({"amlctl": ours, **({"terraform": theirs} if TERRAFORM else {})}, rounds)


def no_change(base: Path, count: int, rounds: int) -> dict[str, list[Cost]]:
    """A plan when everything exists."""
    ours, theirs = base / "plan-a", base / "plan-t"
    write_project(ours, count)
    amlctl(ours, "apply", "spec.yaml", "--yes", "-q")()
    contenders = {"amlctl": amlctl(ours, "plan", "spec.yaml", "--detailed-exitcode")}
    if TERRAFORM:
        write_terraform(theirs, count)
        terraform(theirs, "init", "-input=false")()
        (theirs / "terraform.tfstate").write_text(terraform_state(count))
        contenders["terraform"] = terraform(theirs, "plan", "-input=false", "-detailed-exitcode")
    return alternate(contenders, rounds)


def row(count: int, costs: dict[str, list[Cost]]) -> dict[str, object]:
    ours = medians(costs["amlctl"])
    cells: dict[str, object] = {"resources": count, "amlctl s": ours.wall_s, "cpu s": ours.cpu_s, "MiB": ours.rss_mib}
    if "terraform" in costs:
        theirs = medians(costs["terraform"])
        low, middle, high = ratios(costs["amlctl"], costs["terraform"])
        cells |= {
            "terraform s": theirs.wall_s,
            "its MiB": theirs.rss_mib,
            "times faster": f"{middle:.1f} ({low:.1f}..{high:.1f})",
        }
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10,100,1000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--create-up-to", type=int, default=1000, help="largest size at which everything is created")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    print(machine())
    plans, creations = [], []
    for count in (int(size) for size in options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            plans.append(row(count, no_change(Path(folder), count, options.rounds)))
            if count <= options.create_up_to:
                creations.append(row(count, create_all(Path(folder), count, options.rounds)))
    report(
        "Goal 1: plan without changes (15 x at 10,000 and at most 250 MiB; 5 x at 1,000; 0.33 x at 10)",
        plans,
        options.out,
    )
    report(
        "Goal 2: create everything (4 x at 1,000; 20 x at 5,000)",
        creations,
        options.out and options.out.with_suffix(".create.json"),
    )
    if len(plans) > 1:
        first, last = plans[-2], plans[-1]
        sizes = float(str(last["resources"])) / float(str(first["resources"]))
        exponent = log(float(str(last["cpu s"])) / float(str(first["cpu s"]))) / log(sizes)
        span = f"{first['resources']} to {last['resources']}"
        print(f"\nGrowth of the plan's cpu from {span}: N^{exponent:.2f} (goal: at most 1.05, start-up included)")


if __name__ == "__main__":
    main()
