"""Fits a line, with a penalty on its slope."""

import argparse
import csv
import json
from pathlib import Path

parser = argparse.ArgumentParser()
for name in ("table", "ridge", "note", "model"):
    parser.add_argument(f"--{name}")
said = parser.parse_args()

with (Path(said.table) / "rows.csv").open(newline="") as file:
    rows = [(float(row["rain"]), float(row["yield"])) for row in csv.DictReader(file)]
mean_x, mean_y = (sum(column) / len(rows) for column in zip(*rows, strict=True))
slope = sum((x - mean_x) * (y - mean_y) for x, y in rows) / (
    sum((x - mean_x) ** 2 for x, _ in rows) + float(said.ridge)
)
line = {"slope": slope, "start": mean_y - slope * mean_x, "note": said.note}
(Path(said.model) / "line.json").write_text(json.dumps(line))
print(f"slope {slope:.3f}")
