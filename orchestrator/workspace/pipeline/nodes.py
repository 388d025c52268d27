"""Steps as clients of the wire send them, in the words of CLI v2.

Source: azure-ai-ml 1.35, ``BaseNode._to_rest_object``: fields in snake case, but ids as ``componentId`` and ``computeId``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.workspace.arm.job_bodies import input_body, output_body
from orchestrator.workspace.arm.scope import REFERENCE, name_of, shorten
from orchestrator.workspace.arm.wording import camel_keys, seconds, whole

_IDS: Final = {"componentId": "component", "computeId": "compute"}
_LIMITS: Final = "limits"
TIMES: Final = ("timeout", "trial_timeout")
"""Limits that are seconds in bodies and ISO 8601 durations on the wire."""

_DROPPED: Final = frozenset({"_source", "name"})
_INPUT_TYPE: Final = "job_input_type"
_OUTPUT_TYPE: Final = "job_output_type"
_NAMES: Final = ("name", "version")
"""An output of a step is registered under them; the outputs of jobs have other names for them on the wire."""
_SHORT: Final = ("environment", "code", "component", "trial", "model")
_WITH_PROGRAMS: Final = ("task", "trial", "component")


def spoken(sent: Mapping[str, Any]) -> dict[str, Any]:
    """One step in CLI v2. One that is in CLI v2 already stays as it is."""
    fields = {_IDS.get(name, name): value for name, value in sent.items() if name not in _DROPPED}
    fields = _with_short_ids({name: _value(value) for name, value in fields.items() if value is not None})
    if compute := fields.get("compute"):
        fields["compute"] = f"{REFERENCE}{name_of(str(compute))}"
    if isinstance(limits := fields.get(_LIMITS), Mapping):
        fields[_LIMITS] = {name: _seconds(value) if name in TIMES else value for name, value in limits.items()}
        fields[_LIMITS].pop("job_limits_type", None)
    for side, read in (("inputs", _input), ("outputs", _output)):
        if isinstance(given := fields.get(side), Mapping):
            fields[side] = {name: read(value) for name, value in given.items()}
    return fields


def _seconds(value: Any) -> Any:
    """A time that is a duration of the wire, in seconds; everything else, such as an expression, stays."""
    return whole(seconds(value)) if isinstance(value, str) and value.startswith("P") else value


def spoken_settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a pipeline, without what clients note for themselves, and with names in place of ids."""
    said = {name: value for name, value in sent.items() if not name.startswith("_") and value is not None}
    if compute := said.get("default_compute"):
        said["default_compute"] = f"{REFERENCE}{name_of(str(compute))}"
    return said


def _with_short_ids(fields: dict[str, Any]) -> dict[str, Any]:
    for name in _SHORT:
        if isinstance(value := fields.get(name), str):
            fields[name] = shorten(value)
    for name in _WITH_PROGRAMS:
        if isinstance(inner := fields.get(name), Mapping):
            identity = inner.get("componentId")
            fields[name] = shorten(str(identity)) if identity else _with_short_ids(_program(inner))
    return fields


def _program(inner: Mapping[str, Any]) -> dict[str, Any]:
    """A component that travels inside a step: as a version's whole resource, by its id, or as it is."""
    spec = (inner.get("properties") or {}).get("componentSpec")
    return dict(spec if isinstance(spec, Mapping) else inner)


def _value(value: Any) -> Any:
    """Data that stand in a field of their own, as those of AutoML do."""
    return _input(value) if isinstance(value, Mapping) and _INPUT_TYPE in value else value


def _input(value: Any) -> Any:
    if isinstance(value, Mapping) and _INPUT_TYPE in value:
        return input_body(camel_keys(value))
    return value


def _output(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if _OUTPUT_TYPE not in value and "value" not in value:
        return value
    said = {**output_body(camel_keys(value)), **{name: str(value[name]) for name in _NAMES if value.get(name)}}
    if "value" not in value:
        return said
    return {**said, "path": value["value"]} if said else value["value"]
