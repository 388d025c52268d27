"""Passes a model on unless it is worse than the newest registered one on the same data."""

import argparse
import json
import shutil
import sys
from pathlib import Path

import mlflow
from evaluate import accuracy

NAME = "pumps"


def champion():
    """The address of the newest registered model; None if there is none."""
    found = mlflow.MlflowClient().search_model_versions(f"name='{NAME}'")
    newest = max(found, key=lambda version: int(version.version), default=None)
    return None if newest is None else f"models:/{NAME}/{newest.version}"


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "scores", "holdout", "passed", "decision"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--tolerance", type=float, required=True)
    said = parser.parse_args()
    new = json.loads((said.scores / "scores.json").read_text())["accuracy"]
    used = champion()
    old = accuracy(used, said.holdout) if used else None
    decision = {"accuracy": new, "in_use": used, "accuracy_in_use": old, "tolerance": said.tolerance}
    passes = old is None or new >= old - said.tolerance
    (said.decision / "decision.json").write_text(json.dumps({**decision, "passes": passes}, indent=2))
    mlflow.log_metrics({name: value for name, value in decision.items() if isinstance(value, float)})
    if not passes:
        sys.exit(f"The new model is worse: accuracy {new:.3f}, {used} has {old:.3f}; tolerance {said.tolerance:g}.")
    shutil.copytree(said.model, said.passed, dirs_exist_ok=True)
    print(f"The new model passes: accuracy {new:.3f}" + (f", {used} has {old:.3f}." if used else "."))


if __name__ == "__main__":
    main()
