"""The model that an AutoML run or a sweep has found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_OUTPUT = re.compile(r"azureml://jobs/(?P<job>[^/]+)/outputs/best_model/?")

_BEST_CHILD: Final = ("automl_best_child_run_id", "best_child_run_id")
"""Where the service names the best trial: a tag of an AutoML run, a property of a sweep.
Source: Azure ML documentation, tutorials that register the best model of AutoML and of a sweep."""

MODEL_OF_CHILD: Final = "azureml://jobs/{child}/outputs/artifacts/outputs/mlflow-model/"
"""Where a trial of AutoML leaves its model. Source: Azure ML documentation, deploy an AutoML model to an online endpoint."""


def best_child(ml: Any, job: str) -> str | None:
    """The name of the best trial of a run; None if the service names none.

    Args:
        ml: the ``MLClient``.
        job: name of the parent run.
    """
    from orchestrator.backends.azure import sdk

    entity = ml.jobs.get(job)
    found = _named({**(entity.tags or {}), **(entity.properties or {})})
    return found or _named(sdk.run_labels(ml, job))


def with_best_model(ml: Any, body: dict[str, Any]) -> dict[str, Any]:
    """A model's body whose path is a run's ``best_model``, with the place where that is.

    A run that declares the output itself, or names no best trial, keeps the path as it is written.
    """
    found = _OUTPUT.fullmatch(str(body.get("path") or ""))
    if found is None or "best_model" in (ml.jobs.get(found["job"]).outputs or {}):
        return body
    child = best_child(ml, found["job"])
    return body if child is None else {**body, "path": MODEL_OF_CHILD.format(child=child)}


def _named(labels: Mapping[str, Any]) -> str | None:
    for name in _BEST_CHILD:
        if labels.get(name):
            return str(labels[name])
    return None
