"""Jobs: work that runs once for each content."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.behaviour import Behaviour, LocalBehaviour
from orchestrator.core.folds import scalar_text
from orchestrator.core.kind import (
    AzureBinding,
    BodyProblem,
    Identity,
    Kind,
    NameRule,
    Variants,
)
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Removal
from orchestrator.core.rules import inline_environment_problems
from orchestrator.core.tree import value_at
from orchestrator.kinds.jobs.algorithms import unknown_algorithms, unknown_transformers
from orchestrator.kinds.jobs.frequencies import unknown_frequency
from orchestrator.kinds.jobs.placeholders import unfilled

_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_UNEVALUATED: Final = ("uri_file", "uri_folder", "custom_model", "mlflow_model", "triton_model")
_HERE: Final = "orchestrator.kinds.jobs"
_VARIANTS: Final = {
    "command": f"{_HERE}.command:CommandJob",
    "automl.classification": f"{_HERE}.automl_tables:ClassificationJob",
    "automl.regression": f"{_HERE}.automl_tables:RegressionJob",
    "automl.forecasting": f"{_HERE}.automl_tables:ForecastingJob",
    "automl.image_classification": f"{_HERE}.automl_deep:ImageClassJob",
    "automl.image_classification_multilabel": f"{_HERE}.automl_deep:ImageLabelsJob",
    "automl.image_object_detection": f"{_HERE}.automl_deep:ImageBoxJob",
    "automl.image_instance_segmentation": f"{_HERE}.automl_deep:ImageBoxJob",
    "automl.text_classification": f"{_HERE}.automl_deep:TextClassJob",
    "automl.text_classification_multilabel": f"{_HERE}.automl_deep:TextLabelsJob",
    "automl.text_ner": f"{_HERE}.automl_deep:TextEntitiesJob",
}


def _variant(body: Mapping[str, Any]) -> str:
    kind = body.get("type")
    if kind is None:
        kind = next((name for field, name in _TELLING.items() if field in body), "")
    return f"automl.{body.get('task', '')}" if kind == "automl" else str(kind)


_TELLING: Final = {"task": "automl", "trial": "sweep", "jobs": "pipeline", "entry": "spark", "command": "command"}
"""Fields that tell the type of a job which does not say it; in this order, because a sweep's trial has a command too."""


def _unnamed_outputs(variant: str) -> tuple[str, ...]:
    """Every run has a folder of its own, a search its best model. Source: Azure ML documentation, job outputs."""
    return ("default", "artifacts", *(("best_model",) if variant.startswith("automl.") else ()))


def _problems(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    yield from unfilled(variant, body)
    yield from inline_environment_problems(body)
    yield from _misnamed(body)
    yield from _versions_of_nothing(body)
    yield from _unreadable_modes(body)
    yield from unknown_algorithms(variant, body)
    yield from unknown_transformers(variant, body)
    yield from unknown_frequency(body)


def _misnamed(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Inputs and outputs are parts of commands and paths, so their names are of letters, digits, '_' and '-'."""
    for side in ("inputs", "outputs"):
        members = body.get(side)
        for name in members if isinstance(members, Mapping) else ():
            if not _PART.fullmatch(name):
                yield BodyProblem(
                    (side, name),
                    "invalid-name",
                    f"'{name}' cannot name one of the {side}: names there are of letters, digits, '_' and '-'.",
                    "Choose another name.",
                )


def _versions_of_nothing(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Source: azure-ai-ml, which refuses such an output when it is made."""
    outputs = body.get("outputs")
    for name, value in (outputs if isinstance(outputs, Mapping) else {}).items():
        if isinstance(value, Mapping) and value.get("version") is not None and value.get("name") is None:
            yield BodyProblem(
                ("outputs", name, "version"),
                "invalid-value",
                f"Output '{name}' has a version and no name, so nothing would be registered.",
                "Add 'name: NAME', or remove the version.",
            )


def _unreadable_modes(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Source: Azure ML CLI v2 YAML reference, inputs: only tables are evaluated."""
    inputs = body.get("inputs")
    for name, value in (inputs if isinstance(inputs, Mapping) else {}).items():
        if not isinstance(value, Mapping) or value.get("type", "uri_folder") not in _UNEVALUATED:
            continue
        mode = value.get("mode")
        if isinstance(mode, str) and mode.startswith("eval_"):
            yield BodyProblem(
                ("inputs", name, "mode"),
                "invalid-value",
                f"Mode {mode} reads a table, and input '{name}' is not of type mltable.",
                "Use ro_mount, download or direct, or write 'type: mltable'.",
            )


def _refusals(variant: str, properties: Mapping[str, Any]) -> Iterator[Refusal]:
    if variant.startswith(("automl.image_", "automl.text_")):
        yield Refusal(
            f"AutoML's {variant.removeprefix('automl.')} trains deep networks with libraries that it does not bring; "
            "it trains on tables only (classification, regression, forecasting)",
            ("task",),
        )
    yield from _without_effect(properties)
    launcher = value_at(properties, ("distribution", "type"))
    if launcher not in (None, "pytorch"):
        yield Refusal(
            f"it has no launcher for distribution '{launcher}'",
            ("distribution", "type"),
            "Use distribution pytorch, whose processes it starts side by side, or run the job in an Azure workspace.",
        )
    nodes = value_at(properties, ("resources", "instance_count"))
    if isinstance(nodes, int) and nodes > 1:
        yield Refusal(
            f"the job asks for {nodes} machines, and this is one",
            ("resources", "instance_count"),
            "Set resources.instance_count: 1; distribution pytorch starts several processes on one machine.",
        )
    for path in _source_paths(properties):
        mode = value_at(properties, (*path, "mode"))
        if isinstance(mode, str) and mode.startswith("eval_"):
            yield Refusal(
                f"for mode {mode} the service reads a table into files; here tables are handed over as they are",
                (*path, "mode"),
                "Use mode ro_mount or download.",
            )


_WITHOUT_EFFECT: Final = {
    ("services",): "nobody can look into a job there",
    ("identity",): "jobs run as whoever runs the workspace",
    ("resources", "shm_size"): "jobs have the shared memory of this machine",
}


def _without_effect(properties: Mapping[str, Any]) -> Iterator[Refusal]:
    """Settings that the embedded workspace takes and does not follow."""
    for path, why in _WITHOUT_EFFECT.items():
        if value_at(properties, path):
            fix = "Remove it, or choose another target where it has one."
            yield Refusal(f"{'.'.join(path)} has no effect here: {why}.", path, fix, stops=False)


def _source_paths(properties: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Where a body says what goes into the job, whatever its type: named inputs, and the tables of AutoML."""
    inputs = properties.get("inputs")
    yield from (("inputs", name) for name in (inputs if isinstance(inputs, Mapping) else {}))
    yield from ((name,) for name in ("training_data", "validation_data", "test_data"))


_LITERALS: Final = frozenset({"integer", "number", "string", "boolean"})


def _spoken(body: dict[str, Any]) -> dict[str, Any]:
    """Inputs that are values stand bare; a positive label and the values of variables are texts.

    Source: azure-ai-ml, schemas of job inputs and of AutoML classification; of commands in 1.27, where later versions take numbers too.
    """
    inputs = body.get("inputs")
    if isinstance(inputs, Mapping):
        body["inputs"] = {name: _bare(value) for name, value in inputs.items()}
    if body.get("positive_label") is not None:
        body["positive_label"] = str(body["positive_label"])
    variables = body.get("environment_variables")
    if isinstance(variables, Mapping):
        body["environment_variables"] = {name: scalar_text(value) for name, value in variables.items()}
    return body


def _bare(value: Any) -> Any:
    is_literal = isinstance(value, Mapping) and value.get("type") in _LITERALS and value.keys() <= {"type", "value"}
    return value["value"] if is_literal and "value" in value else value


KIND: Final = Kind(
    key="jobs",
    title="job",
    identity=Identity.RUN,
    variants=Variants(_VARIANTS),
    variant=_variant,
    variant_field="type.task",
    unsupported=("sweep", "pipeline", "spark", "parallel", "import", "finetuning", "distillation", "base"),
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9_-]{0,229}",
        "1 to 230 letters, digits, '-' and '_'; starts with a letter or digit",
        "Azure REST specification, workspaces/jobs (255 characters, of which a run's digest and attempt take 25)",
    ),
    azure=AzureBinding("jobs", "load_job", "create_or_update", "archive", driver="jobs", spoken=_spoken),
    behaviour=Behaviour(timeout_s=None, rank=0, instant=False, tested_alone=False),
    local=LocalBehaviour(
        processes=True,
        served=False,
        runs=True,
        registers=True,
        serves=False,
        archivable=True,
        labels_only=True,
        reveals=True,
        log=("jobs", "{revision}", "user_logs", "std_log.txt"),
        log_is_news=True,
        shares=False,
    ),
    source="Azure ML CLI v2 YAML reference: command job, automated ML jobs",
    schemas=("commandJob", "autoMLJob", "automl", "sweepJob", "pipelineJob", "sparkJob"),
    shape=("command", "task", "trial", "jobs", "entry"),
    exact_variants=True,
    removal=Removal.ARCHIVE,
    nests={"environment": "environments"},
    attributes=("id", "name", "outputs.*"),
    unnamed_outputs=_unnamed_outputs,
    problems=_problems,
    local_refusals=_refusals,
)
