"""Puts what the line says beside what was measured."""

import argparse
import csv
import json
from pathlib import Path

parser = argparse.ArgumentParser()
for name in ("model", "table", "scored"):
    parser.add_argument(f"--{name}")
said = parser.parse_args()

line = json.loads((Path(said.model) / "line.json").read_text())
with (Path(said.table) / "rows.csv").open(newline="") as file:
    rows = [(float(row["yield"]), line["start"] + line["slope"] * float(row["rain"])) for row in csv.DictReader(file)]
with Path(said.scored).open("w", newline="") as file:
    csv.writer(file).writerows([("measured", "said"), *rows])
