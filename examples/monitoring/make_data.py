"""Makes the training data, and requests with and without drift. Synthetic: no real homes."""

import csv
import json
import random
from pathlib import Path

DISTRICTS = ("north", "south")
HERE = Path(__file__).parent


def home(draw, size, rooms, districts=DISTRICTS):
    return {
        "size": round(draw.gauss(size, 15), 1),
        "rooms": max(1, round(draw.gauss(rooms, 1))),
        "district": draw.choice(districts),
    }


def main():
    draw = random.Random(7)
    with (HERE / "data" / "homes.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["size", "rooms", "district", "rent"])
        table.writeheader()
        for _ in range(400):
            one = home(draw, 70, 3)
            per_room = 300 if one["district"] == "north" else 400
            table.writerow({**one, "rent": round(one["rooms"] * per_room + one["size"] * 2.0, 1)})
    requests = HERE / "requests"
    requests.mkdir(exist_ok=True)
    same = [home(draw, 70, 3) for _ in range(100)]
    other = [home(draw, 110, 3, (*DISTRICTS, "harbour")) for _ in range(100)]
    for name, homes in (("usual", same), ("drifted", other)):
        (requests / f"{name}.json").write_text(json.dumps({"data": homes}) + "\n")


if __name__ == "__main__":
    main()
