"""Makes the data of the project. Synthetic: no real pumps.

make_data.py [FOLDER] [--noise SHARE]: with noise, that share of the training labels is wrong, so that the gate has something to refuse.
"""

import argparse
import csv
import json
import random
from pathlib import Path

HERE = Path(__file__).parent
COLUMNS = ("temperature", "vibration", "load", "age")


def pump(draw, warmer=0.0):
    """A pump and whether it fails within a month."""
    one = {
        "temperature": round(draw.gauss(60 + warmer, 8), 1),
        "vibration": round(draw.gauss(3, 1), 2),
        "load": round(draw.uniform(0.2, 1), 2),
        "age": round(draw.uniform(0, 12), 1),
    }
    risk = (one["temperature"] - 60) / 8 + (one["vibration"] - 3) + one["age"] / 6 - 1
    return {**one, "fails": int(risk + draw.gauss(0, 0.4) > 0.5)}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, (*COLUMNS, "fails"))
        table.writeheader()
        table.writerows(rows)


def request(path, rows):
    values = [[row[name] for name in COLUMNS] for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"input_data": {"columns": COLUMNS, "data": values}}) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?", default=HERE / "data")
    parser.add_argument("--noise", type=float, default=0)
    said = parser.parse_args()
    draw = random.Random(11)
    training, holdout = ([pump(draw) for _ in range(number)] for number in (400, 200))
    for row in training:
        row["fails"] = 1 - row["fails"] if draw.random() < said.noise else row["fails"]
    write(said.folder / "train.csv", training)
    write(said.folder / "holdout.csv", holdout)
    request(HERE / "requests" / "usual.json", [pump(draw) for _ in range(40)])
    request(HERE / "requests" / "warmer.json", [pump(draw, warmer=25) for _ in range(40)])


if __name__ == "__main__":
    main()
