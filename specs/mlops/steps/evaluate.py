"""evaluate.py MODEL TABLE SCORES: the accuracy of a model on data that it has not seen."""

import json
import sys
from pathlib import Path

import mlflow
import pandas

TARGET = "fails"


def accuracy(model, table):
    """The share of rows that a model predicts right."""
    rows = pandas.read_csv(table)
    predicted = mlflow.sklearn.load_model(model).predict(rows.drop(columns=TARGET).astype(float))
    return float((predicted == rows[TARGET]).mean())


def main(model, table, scores):
    found = accuracy(model, table)
    mlflow.log_metric("accuracy", found)
    (Path(scores) / "scores.json").write_text(json.dumps({"accuracy": found}))
    print(f"accuracy {found:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
