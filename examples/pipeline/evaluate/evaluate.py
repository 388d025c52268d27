"""Writes down how far off the line is."""

import argparse
import csv
import json
from pathlib import Path

parser = argparse.ArgumentParser()
for name in ("scored", "report"):
    parser.add_argument(f"--{name}")
said = parser.parse_args()

with Path(said.scored).open(newline="") as file:
    errors = [float(row["measured"]) - float(row["said"]) for row in csv.DictReader(file)]
rmse = (sum(error**2 for error in errors) / len(errors)) ** 0.5
(Path(said.report) / "report.json").write_text(json.dumps({"rmse": rmse, "rows": len(errors)}))
print(f"rmse {rmse:.3f} on {len(errors)} rows")
