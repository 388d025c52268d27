"""Fine-tuning jobs, and distillation, which the wire knows as fine-tuning: kept, not run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.core.errors import Invalid
from orchestrator.core.wire import camel, pascal
from orchestrator.workspace.arm.wording import without_nothing
from orchestrator.workspace.jobs.execution import Body, WireReader, WireWriter
from orchestrator.workspace.jobs.unrun import unrun

_DATA: Final = {"model": "model", "trainingData": "training_data", "validationData": "validation_data"}
_PROVIDERS: Final = {"AzureOpenAI": "azure_open_ai", "Custom": "custom"}


def _details(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    return sent.get("fineTuningDetails") or {}


def _variant(sent: Mapping[str, Any]) -> str:
    said = str(_details(sent).get("modelProvider"))
    if said not in _PROVIDERS:
        raise Invalid(f"modelProvider is {said}; a fine-tuning job has one of: {', '.join(_PROVIDERS)}.")
    return f"finetuning.{_PROVIDERS[said]}"


def _body(sent: Mapping[str, Any], reader: WireReader) -> dict[str, Any]:
    details = _details(sent)
    given = details.get("hyperParameters") or {}
    return {
        "type": "finetuning",
        "task": _snake(str(details.get("taskType") or "")),
        "model_provider": _PROVIDERS.get(str(details.get("modelProvider")), details.get("modelProvider")),
        **{name: reader.input(details[field]) for field, name in _DATA.items() if details.get(field)},
        "hyperparameters": given if _variant(sent).endswith("custom") else {_snake(n): v for n, v in given.items()},
    }


def _properties(body: Body, variant: str, writer: WireWriter) -> dict[str, Any]:
    provider = next(wire for wire, name in _PROVIDERS.items() if variant.endswith(name))
    given = body.get("hyperparameters") or {}
    details = {
        "taskType": pascal(str(body.get("task"))),
        "modelProvider": provider,
        **{field: writer.input(body[name]) for field, name in _DATA.items() if body.get(name)},
        "hyperParameters": given if provider == "Custom" else {camel(name): value for name, value in given.items()},
    }
    return {"fineTuningDetails": without_nothing(details)}


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()


_KEPT: Final = unrun("finetuning", "FineTuning")
EXECUTION: Final = replace(_KEPT, wire=replace(_KEPT.wire, variant=_variant, body=_body, properties=_properties))
