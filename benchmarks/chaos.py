"""Harm at random, for as many rounds as there is time for: kills, power cuts, races, copies, callers who leave or are slow, lost content.

    python -m benchmarks.chaos --rounds 100 --seed 7

After each round an apply must make everything right: an empty plan, nothing made twice, the endpoint answering at its address.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.stateful.chaos import Chaos


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    done: Counter[str] = Counter()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        chaos = Chaos(Path(folder), options.seed)
        try:
            for number in range(1, options.rounds + 1):
                name = chaos.next()
                try:
                    chaos.round(name)
                except AssertionError:
                    print(f"round {number} of seed {options.seed}, {name}; before it {dict(done)}", file=sys.stderr)
                    raise
                done[name] += 1
        finally:
            chaos.close()
    print(f"{options.rounds} rounds in {time.perf_counter() - start:.0f} s, all mended:")
    for name, count in done.most_common():
        print(f"  {count:4} {name}")


if __name__ == "__main__":
    main()
