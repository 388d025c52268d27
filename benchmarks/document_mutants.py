"""Mutants of valid documents of every kind, judged by azure-ai-ml's loaders and by us.

    nice python -m benchmarks.document_mutants --refused 2000 --seed 7

Of those that the client refuses nearly all must be refused by us, at the right line, and none that it takes. Prints every disagreement.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.mutant_reasons import reason_for_refusing, reason_for_taking
from tests.mutants import Judge, Verdict, documents, mutants

LEAST = 0.97


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refused", type=int, default=2000, help="mutants that the client refuses")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kind", help="only documents whose kind and variant begin so")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    refused: list[Verdict] = []
    taken: list[Verdict] = []
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "valid").mkdir()
        found = tuple(
            document for document in documents(Path(folder) / "valid") if str(document).startswith(options.kind or "")
        )
        (Path(folder) / "broken").mkdir()
        judge = Judge(Path(folder) / "broken")
        for mutant in mutants(random.Random(options.seed), found):
            verdict = judge.judge(mutant)
            (refused if verdict.theirs else taken).append(verdict)
            if len(refused) >= options.refused:
                break
    missed = [verdict for verdict in refused if not verdict.ours]
    elsewhere = [verdict for verdict in refused if verdict.ours and not verdict.here]
    wrongly = [verdict for verdict in taken if verdict.ours and not reason_for_refusing(verdict)]
    for title, verdicts in (("MISSED", missed), ("ELSEWHERE", elsewhere), ("WRONGLY REFUSED", wrongly)):
        for verdict in sorted(verdicts, key=lambda verdict: str(verdict.mutant)):
            why = reason_for_taking(verdict) if title == "MISSED" else ""
            print(f"{title} {verdict.mutant}{f' ({why})' if why else ''}")
            print(f"    theirs: {' '.join(verdict.theirs.split())[:300]}\n    ours:   {'; '.join(verdict.ours)[:300]}")
    rate = 1 - (len(missed) + len(elsewhere)) / len(refused)
    print(f"{len(found)} documents, {len(refused) + len(taken)} mutants, {time.perf_counter() - start:.0f} s")
    print(f"refused by the client: {len(refused)}; by us at the right line: {rate:.2%}; missed {len(missed)}, ")
    print(f"elsewhere {len(elsewhere)}; taken by the client: {len(taken)}, of these wrongly refused: {len(wrongly)}")
    print("by mistake:", dict(Counter(verdict.mutant.what for verdict in refused)))
    sys.exit(0 if rate >= LEAST and not wrongly else 1)


if __name__ == "__main__":
    main()
