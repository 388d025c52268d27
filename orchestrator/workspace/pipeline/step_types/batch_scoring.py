"""The step of a batch endpoint's job that scores: a model's script, or an MLflow model, over mini-batches of files.

It runs as parallel steps do. No spec has such a step; `workspace.batch` makes it.

Source: Azure ML documentation, scoring scripts of batch deployments; CLI v2 YAML reference: batch deployment.
"""

from __future__ import annotations

from typing import Any, Final

from orchestrator.workspace.job_types.command import EXECUTION as COMMAND
from orchestrator.workspace.jobs.execution import Body, StepForm
from orchestrator.workspace.jobs.preparation import ENVIRONMENT_OF
from orchestrator.workspace.pipeline.step_types.parallel import program, settings_of

TYPE: Final = __name__.rpartition(".")[2]

DATA: Final = "job_data_path"
MODEL: Final = "model"
SCORE: Final = "score"
"""Names of inputs and outputs. Source: azure-ai-ml 1.35, ``BATCH_JOB_CHILD_RUN_OUTPUT_NAME``; jobs of batch endpoints."""

DEFAULTS: Final[dict[str, Any]] = {
    "mini_batch_size": 10,
    "max_concurrency_per_instance": 1,
    "output_action": "append_row",
    "output_file_name": "predictions.csv",
    "retry_settings": {},
    "error_threshold": -1,
    "logging_level": "info",
}
_RETRIES: Final = {"max_retries": 3, "timeout": 30}
"""Source: CLI v2 YAML reference: batch deployment."""

_OWN_SCRIPT: Final = "$AMLCTL_PROGRAMS/mlflow_batch.py"
_WHOLE: Final = "append_row"


def _job(step: Body, component: Body) -> tuple[str, dict[str, Any]]:
    said = {**DEFAULTS, **step, "retry_settings": {**_RETRIES, **(step.get("retry_settings") or {})}}
    settings = {
        **settings_of(said, str(step.get("scoring_script") or _OWN_SCRIPT), step),
        "file": str(said["output_file_name"]),
    }
    rows = f"${{{{outputs.{SCORE}}}}}" if _snake(str(said["output_action"])) == _WHOLE else ""
    environ = f"AZUREML_BI_OUTPUT_PATH=${{{{outputs.{SCORE}}}}}"
    first = ""
    if MODEL in (step.get("inputs") or {}):
        first = f"model=${{{{inputs.{MODEL}}}}}; "
        environ += ' AZUREML_MODEL_DIR="${model%/*}"'
    job = {
        "type": COMMAND.key,
        "command": f"{first}{environ} {program(settings, f'${{{{inputs.{DATA}}}}}', rows, '')}",
        "code": step.get("code"),
        "environment": step.get("environment"),
        "environment_variables": step.get("environment_variables"),
        ENVIRONMENT_OF: MODEL,
    }
    return COMMAND.key, {name: value for name, value in job.items() if value is not None}


def _snake(text: str) -> str:
    return {"appendrow": _WHOLE}.get(text.lower(), text.lower())


FORM: Final = StepForm(tells=(), component="", job=_job, reused=True)
