"""Runs a command and says what it cost: wall time, processor time and peak memory of the whole process tree."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one run cost.

    Attributes:
        wall_s: from start to end, seconds.
        cpu_s: user and system time of the process and its children, seconds.
        rss_mib: peak resident memory of the largest process, MiB.
        code: the exit code.
    """

    wall_s: float
    cpu_s: float
    rss_mib: float
    code: int


def run(command: Sequence[str], cwd: Path, environ: dict[str, str] | None = None) -> Cost:
    """Run a command once with its output thrown away."""
    start = time.perf_counter()
    with (cwd / ".bench-output").open("wb") as output:
        pid = _spawn(command, cwd, environ, output.fileno())
        _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))


def _spawn(command: Sequence[str], cwd: Path, environ: dict[str, str] | None, output: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            os.chdir(cwd)
            os.dup2(output, 1)
            os.dup2(output, 2)
            # Bytecode is cached for a user; a machine that forbids it would measure the compiler.
            own = {**os.environ, **(environ or {})}
            own.pop("PYTHONDONTWRITEBYTECODE", None)
            os.execvpe(command[0], list(command), own)
        finally:
            os._exit(127)
    return pid


def alternate(contenders: dict[str, Callable[[], Cost]], rounds: int) -> dict[str, list[Cost]]:
    """Run contenders in turn, so that a noisy minute hits all of them."""
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, once in contenders.items():
            costs[name].append(once())
    return costs


def medians(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median(c.wall_s for c in costs),
        statistics.median(c.cpu_s for c in costs),
        statistics.median(c.rss_mib for c in costs),
        max(c.code for c in costs),
    )


def ratios(ours: Sequence[Cost], theirs: Sequence[Cost]) -> tuple[float, float, float]:
    """Pair by pair, how many times longer the others took: lowest, median, highest."""
    pairs = sorted(their.wall_s / our.wall_s for our, their in zip(ours, theirs, strict=True))
    return pairs[0], statistics.median(pairs), pairs[-1]


def report(name: str, rows: Sequence[dict[str, object]], out: Path | None) -> None:
    """Print rows as a table, and as JSON to a file if one is given."""
    if not rows:
        return
    columns = list(rows[0])
    texts = [[_text(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(column), *(len(text[i]) for text in texts)) for i, column in enumerate(columns)]
    print(f"\n## {name}\n")
    print("| " + " | ".join(c.ljust(w) for c, w in zip(columns, widths, strict=True)) + " |")
    print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    for text in texts:
        print("| " + " | ".join(t.ljust(w) for t, w in zip(text, widths, strict=True)) + " |")
    if out is not None:
        out.write_text(json.dumps({"name": name, "rows": rows}, indent=2, default=str) + "\n")


def machine() -> str:
    """What the figures were taken on."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, CPython {sys.version.split()[0]}, load {load:.1f} at the start"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if value < 100 else f"{value:.0f}"
    return str(value)
