"""Steps in the words of the wire, for clients that read a pipeline which did not come by it.

Source: azure-ai-ml 1.35, ``BaseNode._from_rest_object``: clients know the program of a step by its component's id only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.fingerprint import digest_tree
from orchestrator.workspace.arm.job_bodies import output_type
from orchestrator.workspace.arm.scope import name_of
from orchestrator.workspace.arm.wording import duration, without_nothing
from orchestrator.workspace.pipeline.flow import CONTROLS, type_of
from orchestrator.workspace.pipeline.making import step_type_of
from orchestrator.workspace.pipeline.nodes import TIMES, spoken
from orchestrator.workspace.pipeline.step_types import form_of, hidden, step_types

_OWN: Final = ("inputs", "outputs", "component", "trial", "compute", "jobs")
_ANONYMOUS: Final = "azureml:azureml_anonymous:{}"
"""What a component that stands in the body is called. Source: Azure ML, components of pipeline jobs."""

_PLAIN: Final = "component"


def steps(nodes: Mapping[str, Any]) -> dict[str, Any]:
    """All steps of a body, but for those of types that no client knows, which no client has sent."""
    return {name: sent(name, node) for name, node in nodes.items() if not hidden(str(node.get("type") or ""))}


def sent(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """One step of a body as a client reads it."""
    node = spoken(said)
    if type_of(node) in CONTROLS:
        return _control(name, node)
    key = str(node.get("type") or step_type_of(node) or next(key for key in step_types() if _simple(key)))
    form = form_of(key) if key in step_types() else None
    place = _PLAIN if form is None else form.component
    identity = {"componentId": _reference(node.get(place), node)}
    compute, limits = node.get("compute"), node.get("limits")
    fields = {
        **{field: value for field, value in node.items() if field not in _OWN},
        **({} if not place else identity if place == _PLAIN else {place: identity}),
        "name": name,
        "type": key,
        "computeId": name_of(str(compute)) if compute else None,
        "limits": {name: _limit(name, value) for name, value in limits.items()} if limits else None,
        "inputs": {key: _input(value) for key, value in (node.get("inputs") or {}).items()},
        "outputs": {key: _output(value) for key, value in (node.get("outputs") or {}).items() if value},
    }
    return without_nothing(fields)


def _control(name: str, node: Mapping[str, Any]) -> dict[str, Any]:
    """A condition or loop: clients read the items of a loop as JSON."""
    items = node.get("items")
    fields = {
        **node,
        "name": name,
        "type": type_of(node),
        "items": json.dumps(items) if isinstance(items, list | Mapping) else items,
        "outputs": {key: _output(value) for key, value in (node.get("outputs") or {}).items() if value},
    }
    return without_nothing(fields)


def _limit(name: str, value: Any) -> Any:
    return duration(value) if name in TIMES and isinstance(value, int | float) else value


def _simple(key: str) -> bool:
    form = form_of(key)
    return form is not None and form.tells == (key,)


def _reference(said: Any, node: Mapping[str, Any]) -> str:
    return said if isinstance(said, str) else _ANONYMOUS.format(digest_tree(node)[:32])


def _input(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {"job_input_type": "literal", "value": str(value)}
    if not value.get("type") or not value.get("path"):
        return {"job_input_type": "literal", "value": str(value.get("path") or value.get("value") or "")}
    return {"job_input_type": value["type"], "uri": value["path"]}


def _output(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {"job_output_type": output_type(value)}
    return {"type": "literal", "value": str(value)}
