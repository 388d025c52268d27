"""Damage at random, for as long as there is time: specs and examples of ours, command lines, saved plans, state files.

    nice python -m benchmarks.fuzz --minutes 10 --seed 7

Each call must end with an exit code of ours and in sentences: no traceback, no defect, no name of Python, no hang, and each problem has
a place.
Prints every failure with its seed, and goes on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzzing import Fuzzer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=7, help="of the first round; each round has the next one")
    parser.add_argument("--kind", action="append", help="only these")
    options = parser.parse_args()
    done: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    calls, seed = 0, options.seed
    start = time.perf_counter()
    while time.perf_counter() - start < options.minutes * 60:
        with tempfile.TemporaryDirectory() as folder:
            fuzzer = Fuzzer(Path(folder), seed)
            kinds = options.kind or fuzzer.kinds
            kind = kinds[seed % len(kinds)]
            try:
                fuzzer.round(kind)
            except Exception as failure:
                failed[kind] += 1
                print(f"seed {seed}, {kind}: {type(failure).__name__}: {failure}\n", flush=True)
            done[kind] += 1
            calls += fuzzer.calls
        seed += 1
    print(
        f"{sum(done.values())} rounds, {calls} calls, seeds {options.seed} to {seed - 1}, {time.perf_counter() - start:.0f} s:"
    )
    for kind, count in done.most_common():
        print(f"  {count:6} {kind}, {failed[kind]} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
