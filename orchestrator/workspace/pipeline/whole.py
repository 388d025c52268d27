"""The whole body of a pipeline: its own words over those of the component that it is a run of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.workspace.pipeline.components import Components
from orchestrator.workspace.pipeline.nodes import spoken


def whole(body: Mapping[str, Any], components: Components) -> dict[str, Any]:
    """A pipeline's body with its steps, its inputs' defaults and its outputs, in CLI v2.

    Raises:
        BackendError: its component is not there.
    """
    component = components.find(body["component"]) if body.get("component") is not None else {}
    jobs = body.get("jobs") or component.get("jobs") or {}
    inputs = {
        name: {**port, "path": port["default"]} if _data(port) else port
        for name, port in (component.get("inputs") or {}).items()
    }
    inputs |= {name: value for name, value in (body.get("inputs") or {}).items() if value is not None}
    outputs = {**(component.get("outputs") or {}), **(body.get("outputs") or {})}
    return {
        **body,
        "jobs": {name: spoken(node) for name, node in jobs.items()},
        "inputs": inputs,
        "outputs": outputs,
    }


def _data(port: Any) -> bool:
    kinds = ("uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model")
    return isinstance(port, Mapping) and port.get("type") in kinds and bool(port.get("default"))
