"""Makes ``measured.csv``: synthetic rows, drawn around a line. Nobody has measured anything."""

import csv
import random
from pathlib import Path

SEED = 7
ROWS = 80

draw = random.Random(SEED)
with Path(__file__).with_name("measured.csv").open("w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["rain", "yield"])
    for _ in range(ROWS):
        rain = round(draw.uniform(10, 90), 1)
        rows.writerow([rain, round(2.0 + 0.5 * rain + draw.gauss(0, 1), 2)])
