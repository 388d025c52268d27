"""Write 40 files with readings of a sensor into the folder data. The sensor was broken when it wrote reading-17.txt."""

import random
from pathlib import Path

FILES = 40
BROKEN = 17

random.seed(1)
folder = Path(__file__).with_name("data")
folder.mkdir(exist_ok=True)
for number in range(FILES):
    readings = [f"{random.gauss(20, 2):.2f}" for _ in range(10)]
    if number == BROKEN:
        readings[3] = "overflow"
    (folder / f"reading-{number:02}.txt").write_text("\n".join(readings) + "\n")
