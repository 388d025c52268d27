"""Fits price = slope * square_metres by least squares and writes the slope."""

import argparse
import csv
import json
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--table", type=Path, required=True)
parser.add_argument("--model", type=Path, required=True)
options = parser.parse_args()

with options.table.open(newline="") as table:
    rows = [(float(row["square_metres"]), float(row["price"])) for row in csv.DictReader(table)]
slope = sum(area * price for area, price in rows) / sum(area * area for area, _ in rows)

options.model.mkdir(parents=True, exist_ok=True)
(options.model / "model.json").write_text(json.dumps({"slope": slope}))
print(f"fitted on {len(rows)} houses: {slope:.1f} a square metre")
