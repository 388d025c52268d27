"""Make the demo's training data: synthetic patients, none of them real.

The columns and the ranges of their values are those of the heart-failure clinical records of the UCI Machine Learning
Repository; the rows are drawn here from distributions of our own, and the outcome from a logistic model of them.
Standard library only, and the same seed gives the same bytes:

    python make_data.py > data/heart_failure_synthetic.csv
"""

from __future__ import annotations

import math
import random
import sys

ROWS = 299
SEED = 19
COLUMNS = (
    "age",
    "anaemia",
    "creatinine_phosphokinase",
    "diabetes",
    "ejection_fraction",
    "high_blood_pressure",
    "platelets",
    "serum_creatinine",
    "serum_sodium",
    "sex",
    "smoking",
    "time",
    "DEATH_EVENT",
)


def clamp(value: float, low: float, high: float) -> float:
    """Keep a value inside the range seen in such records."""
    return max(low, min(high, value))


def patient(rng: random.Random) -> tuple[float | int, ...]:
    """Draw one patient and the outcome."""
    age = round(clamp(rng.gauss(61, 12), 40, 95))
    ejection_fraction = round(clamp(rng.gauss(38, 12), 14, 80))
    serum_creatinine = round(clamp(math.exp(rng.gauss(0.18, 0.42)), 0.5, 9.4), 2)
    serum_sodium = round(clamp(rng.gauss(136.6, 4.4), 113, 148))
    sex = int(rng.random() < 0.65)
    smoking = int(rng.random() < (0.46 if sex else 0.04))
    # Days of follow-up end early for those who die, so time and outcome belong together.
    risk = (
        -0.65
        + 0.055 * (age - 61)
        - 0.085 * (ejection_fraction - 38)
        + 1.3 * math.log(serum_creatinine / 1.2)
        - 0.07 * (serum_sodium - 136.6)
    )
    died = int(rng.random() < 1 / (1 + math.exp(-risk)))
    time = round(clamp(rng.gauss(70, 55) if died else rng.gauss(158, 68), 4, 285))
    return (
        age,
        int(rng.random() < 0.43),
        round(clamp(math.exp(rng.gauss(5.7, 1.1)), 23, 7861)),
        int(rng.random() < 0.42),
        ejection_fraction,
        int(rng.random() < 0.35),
        round(clamp(rng.gauss(263358, 97804), 25100, 850000)),
        serum_creatinine,
        serum_sodium,
        sex,
        smoking,
        time,
        died,
    )


def main() -> None:
    """Write the table as CSV to standard output."""
    rng = random.Random(SEED)
    print(",".join(COLUMNS))
    for _ in range(ROWS):
        print(",".join(str(value) for value in patient(rng)))


if __name__ == "__main__":
    sys.exit(main())
