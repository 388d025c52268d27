"""Goal 7: from nothing to the reference project's first answer: the time beyond the training itself.

    python -m benchmarks.first_answer

The whole apply of specs/heart-failure on a fresh embedded workspace, once; the training's own time is what the run itself says.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import machine, report

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base, "heart-failure")
        shutil.copytree(ROOT / "specs" / "heart-failure", folder, ignore=shutil.ignore_patterns(".amlctl*"))
        amlctl = [sys.executable, "-m", "orchestrator"]
        start = time.perf_counter()
        done = subprocess.run(
            [*amlctl, "apply", "spec.yaml", "--yes", "-q", "--format", "json"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        wall = time.perf_counter() - start
        try:
            outcomes = {outcome["address"]: outcome for outcome in json.loads(done.stdout)["outcomes"]}
            (answer,) = outcomes["online_endpoints.automl-hf-sdk.traffic"]["answers"]
            (metrics,) = (folder / ".amlctl" / "jobs").glob("*/exit.json")
            ended = json.loads(metrics.read_text())
            training = float(ended["ended"]) - float(ended["started"])
            row = {
                "apply s": wall,
                "training s": training,
                "beyond it s": wall - training,
                "goal s": 20,
                "answer": answer["body"].strip(),
            }
            report("Goal 7: the first answer (beyond training and install: at most 20 s)", [row], None)
        finally:
            subprocess.run(
                [*amlctl, "workspace", "reset", "--path", str(folder / ".amlctl"), "--yes"],
                check=True,
                capture_output=True,
            )


if __name__ == "__main__":
    main()
