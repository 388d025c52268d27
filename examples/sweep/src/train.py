"""A stand-in for training: its loss is least at rate 0.3 and depth 2. It logs one value for each step, as training does."""

import argparse
import json
from pathlib import Path

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--depth", type=int)
parser.add_argument("--model", type=Path)
arguments = parser.parse_args()

goal = (arguments.rate - 0.3) ** 2 + (arguments.depth - 2) ** 2
for step in range(3):
    mlflow.log_metric("loss", goal + 1 / (step + 1), step=step)
(arguments.model / "model.json").write_text(json.dumps({"rate": arguments.rate, "depth": arguments.depth}))
