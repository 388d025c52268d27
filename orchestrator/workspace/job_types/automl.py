"""AutoML jobs, run: a search by a program of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.deep_learning import is_deep
from orchestrator.workspace.automl.wire import automl_fields, automl_properties, automl_task
from orchestrator.workspace.jobs.execution import (
    Body,
    Execution,
    Foreseen,
    JobWire,
    StepForm,
    WireReader,
    named_outputs,
    no_facts,
    no_program,
    one_process,
)
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder
from orchestrator.workspace.records.record import BEST_CHILD

TABLES: Final = ("training_data", "validation_data", "test_data")
MODEL: Final = "best_model"
RESULT: Final = "automl"

MARGIN_S: Final = 300.0
"""An AutoML job ends its search by itself when its time is up, then writes its model. Only what takes much longer is stuck."""


def _inputs(body: Body) -> Mapping[str, Any]:
    return {name: body[name] for name in TABLES if body.get(name)}


def _outputs(body: Body) -> Mapping[str, Mapping[str, Any]]:
    return {MODEL: {"type": "mlflow_model"}, **named_outputs(body)}


def _time_limit(body: Body) -> float | None:
    minutes = (body.get("limits") or {}).get("timeout_minutes")
    return float(minutes) * 60 + MARGIN_S if minutes else None


def _argv(order: RunOrder, folder: JobFolder) -> tuple[list[str], Mapping[str, str]]:
    return [order.python, "-P", "-m", "orchestrator.workspace.automl", str(folder.path)], {}


def _foreseen(body: Body) -> Iterator[Foreseen]:
    if is_deep(str(body.get("task"))):
        from orchestrator.workspace.automl.deep.foreseen import foreseen_deep  # of no use to other plans

        yield from (Foreseen(path, reason, stops=stops) for path, reason, stops in foreseen_deep(body))
        return
    from orchestrator.workspace.automl.foreseen import foreseen  # of no use to other plans
    from orchestrator.workspace.automl.unsupported import ignored

    yield from (Foreseen(path, reason, stops=False) for path, reason in ignored(body))
    yield from (Foreseen(path, reason, stops=True) for path, reason in foreseen(body))


def _variant(sent: Mapping[str, Any]) -> str:
    return f"automl.{automl_task(sent)}"


def _body(sent: Mapping[str, Any], reader: WireReader) -> dict[str, Any]:
    return {"type": "automl", **automl_fields(sent, reader)}


def _marks(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Source: Azure ML documentation, deploy an AutoML model to an online endpoint."""
    child = (attributes.get(RESULT) or {}).get(BEST_CHILD)
    return {"automl_best_child_run_id": str(child)} if child else {}


def _step(step: Body, component: Body) -> tuple[str, dict[str, Any]]:
    fields = {**component, **step, "type": "automl"}
    fields.pop("inputs", None)
    return f"automl.{fields.get('task', '')}", fields


EXECUTION: Final = Execution(
    key="automl",
    own_python=True,
    places=1,
    program=no_program,
    inputs=_inputs,
    outputs=_outputs,
    own_outputs=False,
    time_limit=_time_limit,
    processes=one_process,
    argv=_argv,
    result=RESULT,
    foreseen=_foreseen,
    wire=JobWire(
        name="AutoML",
        variant=_variant,
        body=_body,
        properties=automl_properties,
        log="user_logs/std_log.txt",
        facts=no_facts,
        marks=_marks,
    ),
    step=StepForm(tells=("task",), component="", job=_step, reused=True),
)
