"""Ridge regression by the normal equations; logs its error to MLflow."""

import argparse
import json
from pathlib import Path

import mlflow
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--table", type=Path, required=True)
parser.add_argument("--ridge", type=float, required=True)
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--report", type=Path, required=True)
options = parser.parse_args()

table = np.genfromtxt(options.table, delimiter=",", names=True)
names = [name for name in table.dtype.names if name != "yield_g"]
design = np.column_stack([np.ones(len(table))] + [table[name] for name in names])
target = table["yield_g"]
penalty = options.ridge * np.eye(design.shape[1])
weights = np.linalg.solve(design.T @ design + penalty, design.T @ target)
error = float(np.sqrt(np.mean((design @ weights - target) ** 2)))

mlflow.log_param("ridge", options.ridge)
mlflow.log_metric("rmse", error)

options.model.mkdir(parents=True, exist_ok=True)
(options.model / "weights.json").write_text(json.dumps(dict(zip(["intercept", *names], weights.tolist(), strict=True))))
options.report.write_text(f"{len(table)} rows, rmse {error:.2f} g\n")
print(f"rmse {error:.2f} g on {len(table)} rows")
