"""Components: steps that jobs and pipelines are made of, with versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.core.behaviour import LOCAL_ASSET, WRITTEN
from orchestrator.core.component_rules import component_problems
from orchestrator.core.kind import AzureBinding, BodyProblem, Identity, Kind, NameRule, Variants
from orchestrator.core.resource import Removal
from orchestrator.core.rules import inline_environment_problems
from orchestrator.core.spark import spark_problems
from orchestrator.core.tree import Path
from orchestrator.core.wire import AssetWire
from orchestrator.job_types.pipeline import bare_inputs
from orchestrator.job_types.pipeline.problems import pipeline_problems
from orchestrator.job_types.pipeline.walk import programs

_HERE: Final = "orchestrator.core.component_bodies"
_MODELS: Final = {
    "command": "CommandComponent",
    "parallel": "ParallelComponent",
    "spark": "SparkComponent",
    "automl": "AutoMlComponent",
    "data_transfer.copy_data": "CopyComponent",
    "data_transfer.import_data": "ImportComponent",
    "data_transfer.export_data": "ExportComponent",
}
_READERS: Final = {
    "command": "command_component:Command",
    "parallel": "parallel_component:Parallel",
    "spark": "spark_component:Spark",
    "automl": "automl_component:AutoML",
    "data_transfer.copy_data": "data_transfer_component:DataTransferCopy",
    "data_transfer.import_data": "data_transfer_component:DataTransferImport",
    "data_transfer.export_data": "data_transfer_component:DataTransferExport",
}
_TRANSFER: Final = "data_transfer"
_STEPS: Final = "pipeline"


def _variant(body: Mapping[str, Any]) -> str:
    said = body.get("type")
    kind = (
        "command" if said is None else str(said).replace("DataTransfer", _TRANSFER).replace("dataTransfer", _TRANSFER)
    )
    return f"{kind}.{body.get('task', '')}" if kind == _TRANSFER else kind


def _problems(variant: str, body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    yield from inline_environment_problems(body)
    yield from component_problems(body)
    if variant == _STEPS:
        yield from pipeline_problems(body)
    if variant == "spark":
        yield from spark_problems(body)
    if variant == "data_transfer.copy_data":
        yield from _both_ends(body)
    if variant in ("data_transfer.import_data", "data_transfer.export_data"):
        yield from _one_end(body, "outputs" if variant.endswith("import_data") else "inputs")


def _for_loader(body: dict[str, Any]) -> dict[str, Any]:
    bare_inputs(body)
    return body


def _environments(variant: str, body: Mapping[str, Any]) -> Iterator[Path]:
    yield ("environment",)
    if variant == _STEPS:
        yield from ((*place, "environment") for place in programs(body))


def _one_end(body: Mapping[str, Any], side: str) -> Iterator[BodyProblem]:
    """Source: azure-ai-ml, ``DataTransferImportComponentSchema``: data comes from, or goes to, one place."""
    if isinstance(body.get(side), Mapping) and len(body[side]) != 1:
        name = "sink" if side == "outputs" else "source"
        yield BodyProblem(
            (side,), "missing-field", f"'{side}' has one member, '{name}'.", f"Write '{side}: {{{name}: …}}'."
        )


def _both_ends(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """Source: azure-ai-ml, ``DataTransferCopyComponent._validate_input_output_mapping``."""
    for side in ("inputs", "outputs"):
        if not body.get(side):
            name = side.removesuffix("s")
            detail = f"A component that copies data needs '{side}' with at least one {name}."
            yield BodyProblem((), "missing-field", detail, f"Add '{side}: {{NAME: {{type: uri_folder}}}}'.")
    came, goes = (_types(body.get(side)) for side in ("inputs", "outputs"))
    expected = came[0] if len(came) == 1 else "uri_folder"
    if came and len(goes) == 1 and goes[0] != expected:
        detail = f"The output is of type {goes[0] or 'uri_folder'}; what is copied makes it {expected}."
        yield BodyProblem(("outputs",), "invalid-value", detail, f"Write 'type: {expected}'.")


def _types(ports: Any) -> list[Any]:
    """Types of ports; empty if some are not readable."""
    found = list(ports.values()) if isinstance(ports, Mapping) else []
    return [port.get("type") for port in found] if all(isinstance(port, Mapping) for port in found) else []


_NOT_CONTENT: Final = frozenset(
    {"creation_context", "name", "version", "$schema", "tags", "description", "_source", "id"}
)


def _body(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A component travels as its own document. Source: azure-ai-ml, ``Component._to_rest_object``."""
    spec = properties.get("componentSpec") or {}
    return {name: value for name, value in spec.items() if name not in _NOT_CONTENT}


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    spec = {name: value for name, value in body.items() if name not in _NOT_CONTENT}
    return {"componentSpec": {"type": "command", "is_deterministic": True, **spec}}


KIND: Final = Kind(
    key="components",
    order=60,
    title="component",
    identity=Identity.VERSIONED,
    variants=Variants(
        {
            **{variant: f"{_HERE}:{model}" for variant, model in _MODELS.items()},
            _STEPS: "orchestrator.job_types.pipeline.tree:PipelineComponent",
        }
    ),
    variant=_variant,
    name=NameRule(
        r"[a-z][a-z0-9_]{0,254}",
        "1 to 255 small letters, digits and '_'; starts with a letter",
        "azure-ai-ml, ComponentNameStr",
    ),
    azure=AzureBinding(
        "components",
        loader="load_component",
        create="create_or_update",
        remove="archive",
        driver="assets",
        versions=("_version_operation", "Component"),
        typed=True,
        forgives=("", "resources", "distribution", "task", "retry_settings"),
        for_loader=_for_loader,
        readers={
            **{variant: f"component.{reader}ComponentSchema" for variant, reader in _READERS.items()},
            _STEPS: "pipeline.pipeline_component:PipelineComponentSchema",
        },
    ),
    behaviour=WRITTEN,
    local=replace(LOCAL_ASSET, ready_made=True),
    wire=AssetWire(
        collection="components",
        properties=_properties,
        body=_body,
        ids={
            "componentSpec.code": "codes",
            "componentSpec.environment": "environments",
            "componentSpec.task.code": "codes",
            "componentSpec.task.environment": "environments",
        },
        document="componentSpec",
    ),
    source="Azure ML CLI v2 YAML reference: component",
    schemas=(
        "pipelineComponent",
        "commandComponent",
        "parallelComponent",
        "sparkComponent",
        "dataTransferComponent",
        "component",
    ),
    shape=("is_deterministic", "additional_includes", "command", "entry", "jobs"),
    recognized_by=("version", "is_deterministic", "additional_includes"),
    removal=Removal.ARCHIVE,
    unsupported=("sweep", "flow_parallel", "import"),
    problems=_problems,
    environments=_environments,
    attributes=("id", "name", "version"),
)
