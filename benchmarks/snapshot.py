"""Goal 4: reading a tree's digest, beside the hash's own rate and the walk that no snapshot can do without.

    python -m benchmarks.snapshot

Made on a tree of 64 files of 4 MiB (the rate) and one of 20,000 files of 200 bytes (the walk), both in a temporary folder and read
once before, so that the disk is not what is measured. In turn, best of five.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import machine, report
from orchestrator.spec.file_hashes import PlainHasher, RememberingHasher
from orchestrator.spec.snapshot import take


def best(once: Callable[[], object], rounds: int = 5) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        once()
        times.append(time.perf_counter() - start)
    return min(times)


def hash_all(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                hashlib.file_digest(stream, "sha256")


def walk(folder: Path) -> int:
    count = 0
    pending = [os.fspath(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    count += 1
    return count


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as base:
        large, many = Path(base, "large"), Path(base, "many")
        large.mkdir()
        block = os.urandom(4 << 20)
        for number in range(64):
            (large / f"{number:03}.bin").write_bytes(block)
        for number in range(20_000):
            path = many / f"{number % 200:03}" / f"{number:05}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x" * 200 + str(number))
        # A digest is remembered only for files that are old enough to be told from a change within the clock's grain.
        old = time.time() - 60
        for path in Path(base).rglob("*"):
            os.utime(path, (old, old))
        rows = rates(large) + walks(many, Path(base, "cache"))
    report("Goal 4: snapshots (at least 0.8 of the hash's rate; an unchanged tree at most 2 x the walk)", rows, None)


def rates(large: Path) -> list[dict[str, object]]:
    floor = best(lambda: hash_all(large))
    ours = best(lambda: take(large, PlainHasher()))
    return [
        {
            "case": "256 MiB in 64 files",
            "floor": "sha256 alone",
            "floor s": floor,
            "ours s": ours,
            "ratio": floor / ours,
        }
    ]


def walks(many: Path, cache: Path) -> list[dict[str, object]]:
    floor = best(lambda: walk(many))

    def again() -> None:
        hasher = RememberingHasher(cache)
        take(many, hasher)
        hasher.save()

    again()
    ours = best(again)
    return [
        {
            "case": "20,000 unchanged files",
            "floor": "scandir + stat",
            "floor s": floor,
            "ours s": ours,
            "ratio": ours / floor,
        }
    ]


if __name__ == "__main__":
    main()
