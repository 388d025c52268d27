"""train.py TABLE MODEL: fits a classifier of failures."""

import sys

import mlflow
import pandas
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TARGET = "fails"


def main(table, model):
    rows = pandas.read_csv(table)
    features = rows.drop(columns=TARGET).astype(float)
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, rows[TARGET])
    signature = mlflow.models.infer_signature(features, rows[TARGET])
    mlflow.sklearn.save_model(fitted, model, signature=signature)
    print(f"trained on {len(rows)} rows")


if __name__ == "__main__":
    main(*sys.argv[1:])
