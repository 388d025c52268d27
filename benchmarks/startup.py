"""Goal 3: what it costs to start, beside bare Python and Python with pydantic.

    python -m benchmarks.startup

Whole processes in turn, medians of their wall time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.measure import alternate, machine, medians, report, run

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    print(machine())
    environ = {"PYTHONPATH": str(ROOT)}
    commands = {
        "python -c pass": ["-c", "pass"],
        "python -c 'import click'": ["-c", "import click"],
        "python -c 'import pydantic'": ["-c", "import pydantic; pydantic.BaseModel"],
        "amlctl --version": ["-m", "orchestrator", "--version"],
        "amlctl --help": ["-m", "orchestrator", "--help"],
        "amlctl validate": ["-m", "orchestrator", "validate", str(ROOT / "specs/heart-failure/spec.yaml")],
        "amlctl graph": ["-m", "orchestrator", "graph", str(ROOT / "specs/heart-failure/spec.yaml")],
    }
    contenders = {
        name: (lambda c=command: run([sys.executable, *c], Path.cwd(), environ)) for name, command in commands.items()
    }
    costs = {name: medians(taken) for name, taken in alternate(contenders, 11).items()}
    bare = costs["python -c pass"].wall_s
    rows = [
        {
            "command": name,
            "ms": cost.wall_s * 1000,
            "times bare Python": cost.wall_s / bare,
            "MiB": cost.rss_mib,
            "exit": cost.code,
        }
        for name, cost in costs.items()
    ]
    report("Goal 3: start-up (--version and --help: at most 3 x bare Python)", rows, None)
    (Path.cwd() / ".bench-output").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
