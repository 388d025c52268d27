"""Trains a classifier of the table, and saves it as an MLflow model."""

import argparse
from pathlib import Path

import mlflow
import pandas
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

parser = argparse.ArgumentParser()
parser.add_argument("--table", type=Path, required=True)
parser.add_argument("--model", type=Path, required=True)
arguments = parser.parse_args()

rows = pandas.read_csv(next(arguments.table.glob("*.csv")))
features = rows.drop(columns="readmitted")
columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["clinic"]), remainder="passthrough")
model = make_pipeline(columns, RandomForestClassifier(n_estimators=10, max_depth=4, random_state=0))
model.fit(features, rows["readmitted"])
mlflow.sklearn.save_model(model, arguments.model, serialization_format="cloudpickle")
