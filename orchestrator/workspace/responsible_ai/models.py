"""The model that is looked at: an MLflow model, asked for predictions."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.workspace.automl.refusal import JobRefused

if TYPE_CHECKING:
    import pandas

MODEL_FILE = "MLmodel"


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model.

    Attributes:
        estimator: what MLflow has wrapped, if that can be asked for probabilities; otherwise MLflow's own wrapper.
        columns: those that it takes, in its order; empty if it does not say.
    """

    estimator: Any
    columns: tuple[str, ...]

    def labels(self, frame: pandas.DataFrame) -> Any:
        """A prediction for each row."""
        import numpy

        return numpy.asarray(self.estimator.predict(self._taken(frame))).reshape(len(frame), -1)[:, 0]

    def probabilities(self, frame: pandas.DataFrame) -> Any:
        """Rows of probabilities in the order of `classes`; None if the model gives none."""
        import numpy

        ask = getattr(self.estimator, "predict_proba", None)
        if ask is None:
            return None
        with contextlib.suppress(AttributeError):  # scikit-learn: a model that could, but was not made to
            return numpy.asarray(ask(self._taken(frame)))
        return None

    def classes(self) -> tuple[Any, ...]:
        """The labels that it tells apart; empty if it does not say."""
        return tuple(getattr(self.estimator, "classes_", ()))

    def _taken(self, frame: pandas.DataFrame) -> Any:
        if not self.columns:
            return frame
        chosen = frame[list(self.columns)]
        named = getattr(self.estimator, "feature_names_in_", None)
        # A model that was trained on bare numbers warns about names.
        return chosen.to_numpy() if named is None and _counts(self.estimator) else chosen


def _counts(estimator: Any) -> bool:
    return hasattr(estimator, "n_features_in_") and not hasattr(estimator, "steps")


def folder_of(place: Path) -> Path:
    """The folder with the file ``MLmodel``, at or below a place.

    Raises:
        JobRefused: there is none.
    """
    found = sorted(place.rglob(MODEL_FILE)) if place.is_dir() else []
    if not found:
        raise JobRefused(f"The model at {place.name} is not an MLflow model: it has no file {MODEL_FILE}.")
    return found[0].parent


def load(folder: Path, features: tuple[str, ...]) -> Model:
    """Load an MLflow model.

    Args:
        folder: with the file ``MLmodel``.
        features: columns of the data without the target, in their order: those that the model takes if it does not say.

    Raises:
        JobRefused: it cannot be loaded here, or takes columns that the data does not have.
    """
    import mlflow

    try:
        wrapped = mlflow.pyfunc.load_model(str(folder))
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        raise JobRefused(
            f"The model cannot be loaded by amlctl's own Python: {text or type(error).__name__}. Train it in an environment with the "
            "same packages: an environment without a conda file, or azureml://registries/azureml/environments/responsibleai-tabular."
        ) from error
    raw = _raw(wrapped)
    estimator = raw if raw is not None and hasattr(raw, "predict") else wrapped
    columns = _columns(wrapped, estimator, features)
    missing = [name for name in columns if name not in features]
    if missing:
        raise JobRefused(f"The model takes the columns {', '.join(missing)}, which the data does not have.")
    return Model(estimator, columns)


def _raw(wrapped: Any) -> Any:
    with contextlib.suppress(Exception):  # wrappers of other flavours have none
        return wrapped.get_raw_model()
    return None


def _columns(wrapped: Any, estimator: Any, features: tuple[str, ...]) -> tuple[str, ...]:
    named = getattr(estimator, "feature_names_in_", None)
    if named is not None:
        return tuple(str(name) for name in named)
    schema = wrapped.metadata.get_input_schema() if wrapped.metadata is not None else None
    if schema is not None and schema.has_input_names():
        return tuple(schema.input_names())
    expected = getattr(estimator, "n_features_in_", len(features))
    if expected != len(features):
        raise JobRefused(
            f"The model takes {expected} columns and the data has {len(features)} without the target: {', '.join(features)}. Train it on a "
            "table with column names, so that it says which it takes."
        )
    return features
