"""Divides the rows into those to learn from and those to test with."""

import argparse
import csv
from pathlib import Path

parser = argparse.ArgumentParser()
for name in ("rows", "share", "train", "test"):
    parser.add_argument(f"--{name}")
said = parser.parse_args()

with Path(said.rows).open(newline="") as file:
    header, *rows = csv.reader(file)
cut = round(len(rows) * float(said.share))
for folder, part in ((said.test, rows[:cut]), (said.train, rows[cut:])):
    with (Path(folder) / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *part])
print(f"{len(rows) - cut} rows to learn from, {cut} to test with")
