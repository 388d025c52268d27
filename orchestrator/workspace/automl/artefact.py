"""The ``best_model`` folder: an MLflow model, a scoring script that stands alone, and the environment it needs."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .forecasting.problem import ForecastProblem
from .problem import Problem

SCORING_SCRIPT = "scoring_file_v_1_0_0.py"
CONDA_FILE = "conda_env_v_1_0_0.yml"
SCHEMA_FILE = "input_schema.json"
_BOOSTERS = {"lightgbm": "lightgbm", "xgboost": "xgboost-cpu"}


def save_model(pipeline: Any, problem: Problem | ForecastProblem, estimator: str, folder: Path) -> None:
    """Write the model folder.

    Args:
        pipeline: fitted, from a frame of the features to labels.
        problem: that it was fitted on.
        estimator: import path of the learner, which says what serving needs installed.
        folder: is replaced if it is there.
    """
    from mlflow import sklearn as mlflow_sklearn
    from mlflow.models import infer_signature

    # It advises against pickles on each save; the model is our own, and the safer format refuses boosters.
    logging.getLogger("mlflow.sklearn").setLevel(logging.ERROR)

    sample = problem.features.head(50)
    with warnings.catch_warnings():
        # MLflow warns that whole numbers cannot hold gaps. The table has none there, and the scoring script takes gaps.
        warnings.simplefilter("ignore")
        signature = infer_signature(sample, pipeline.predict(sample) if problem.classes else np.zeros(1))
        with tempfile.TemporaryDirectory(dir=_parent(folder)) as scratch:
            made = Path(scratch) / "model"
            mlflow_sklearn.save_model(
                pipeline,
                path=str(made),
                pip_requirements=requirements(estimator),
                serialization_format="cloudpickle",
                signature=signature,
            )
            shutil.copyfile(Path(__file__).with_name("scoring_script.py"), made / SCORING_SCRIPT)
            (made / SCHEMA_FILE).write_text(json.dumps(input_schema(problem), indent=1) + "\n", encoding="utf-8")
            (made / CONDA_FILE).write_text(conda(estimator), encoding="utf-8")
            if folder.exists():
                shutil.rmtree(folder)
            made.rename(folder)


def requirements(estimator: str) -> list[str]:
    """The pinned packages that loading the model needs."""
    names = ["mlflow-skinny", "scikit-learn", "pandas", "numpy", "scipy", "cloudpickle"]
    booster = _BOOSTERS.get(estimator.split(".", 1)[0])
    return [f"{name}=={version(name)}" for name in (*names, *([booster] if booster else []))]


def conda(estimator: str) -> str:
    """The environment as a conda file."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    lines = ["name: automl", "channels: [conda-forge]", "dependencies:", f"  - python={python}", "  - pip", "  - pip:"]
    return "\n".join([*lines, *(f"      - {each}" for each in requirements(estimator))]) + "\n"


def input_schema(problem: Problem | ForecastProblem) -> dict[str, Any]:
    """What the scoring script needs to know of the columns, as JSON values."""
    columns = [{"name": column.name, "role": column.role, "dtype": column.dtype} for column in problem.roles.features]
    required = [problem.settings.time, *problem.settings.ids] if isinstance(problem, ForecastProblem) else []
    ignored = [name for name, _ in problem.roles.dropped]
    return {"task": problem.task, "columns": columns, "required": required, "ignored": ignored}


def _parent(folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.parent
