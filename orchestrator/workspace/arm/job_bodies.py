"""Bodies of jobs: from the wire to CLI v2, and back for those that others wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.errors import Invalid
from orchestrator.workspace.arm.scope import Scope, name_of, shorten
from orchestrator.workspace.arm.storage import localise
from orchestrator.workspace.arm.wording import camel_keys, snake, snake_keys, without_nothing
from orchestrator.workspace.job_types import by_wire_name, execution_of
from orchestrator.workspace.jobs.places import is_value
from orchestrator.workspace.records import record_kinds

CodePath = Callable[[str], str]
"""From a code's id to its content."""

_MODES: Mapping[str, str] = {
    "ReadOnlyMount": "ro_mount", "ReadWriteMount": "rw_mount", "Download": "download", "Direct": "direct",
    "EvalMount": "eval_mount", "EvalDownload": "eval_download", "Upload": "upload",
}  # fmt: skip
_WIRE_MODES = {body: wire for wire, body in _MODES.items()}


def job_body(sent: Mapping[str, Any], code: CodePath) -> tuple[dict[str, Any], str]:
    """The CLI v2 body of a job's ``properties``, and its variant.

    Raises:
        Invalid: jobs of this type are not run here.
        NotFound: its code is not there.
    """
    kind = str(sent.get("jobType"))
    execution = by_wire_name().get(kind)
    if execution is None:
        known = ", ".join(by_wire_name())
        raise Invalid(f"The embedded workspace has no jobs of type {kind}; it has {known}.")
    common = {
        "display_name": sent.get("displayName"),
        "description": sent.get("description"),
        "experiment_name": sent.get("experimentName"),
        "compute": f"azureml:{name_of(str(sent['computeId']))}" if sent.get("computeId") else None,
        "outputs": {name: output_body(value) for name, value in (sent.get("outputs") or {}).items()} or None,
        "properties": sent.get("properties") or None,
        "resources": _without_empty(snake_keys(sent.get("resources") or {})) or None,
        "environment_variables": sent.get("environmentVariables") or None,
    }
    variant = execution.wire.variant(sent)
    return without_nothing({**common, **execution.wire.body(sent, _Reader(code))}), variant


@dataclass(frozen=True, slots=True)
class _Reader:
    """See `WireReader`."""

    find_code: CodePath

    def code(self, identity: str) -> str:
        return self.find_code(identity)

    def short(self, identity: str) -> str:
        return shorten(identity)

    def input(self, sent: Any) -> Any:
        return input_body(sent)

    def output(self, sent: Any) -> dict[str, Any]:
        return output_body(sent)


@dataclass(frozen=True, slots=True)
class _Writer:
    """See `WireWriter`."""

    scope: Scope

    def environment(self, reference: object) -> str | None:
        return self.scope.expand(reference, record_kinds.ENVIRONMENTS) if isinstance(reference, str) else None

    def input(self, value: Any) -> dict[str, Any]:
        return _wire_input(value)


def input_body(sent: Any) -> Any:
    """One input in CLI v2: a literal's text, or a body with type and path."""
    if not isinstance(sent, Mapping):
        return sent
    kind = sent.get("jobInputType")
    if kind == "literal":
        return sent.get("value")
    mode = sent.get("mode")
    fields = {
        "type": kind,
        "path": localise(shorten(str(sent.get("uri") or ""))),
        "mode": _MODES.get(str(mode), snake(str(mode))) if mode else None,
        "description": sent.get("description"),
    }
    return without_nothing(fields)


def output_type(given: Mapping[str, Any]) -> str:
    """What clients are told that an output is: they know no values among the outputs of jobs, and a value is a file here."""
    return "uri_file" if is_value(given) else str(given.get("type") or "uri_folder")


def output_body(sent: Any) -> dict[str, Any]:
    """One output in CLI v2."""
    if not isinstance(sent, Mapping):
        return {}
    mode, uri = sent.get("mode"), sent.get("uri")
    fields = {
        "type": sent.get("jobOutputType"),
        "path": shorten(str(uri)) if uri else None,
        "mode": _MODES.get(str(mode), snake(str(mode))) if mode else None,
        "name": sent.get("assetName"),
        "version": sent.get("assetVersion"),
    }
    return without_nothing(fields)


def job_properties(body: Mapping[str, Any], variant: str, scope: Scope) -> dict[str, Any]:
    """The ``properties`` of a CLI v2 body."""
    compute = body.get("compute")
    common = {
        "displayName": body.get("display_name"),
        "description": body.get("description"),
        "experimentName": body.get("experiment_name"),
        "computeId": scope.expand(str(compute), "computes") if compute else None,
        "properties": body.get("properties"),
        "outputs": {name: _wire_output(value) for name, value in (body.get("outputs") or {}).items()},
        "environmentVariables": body.get("environment_variables"),
        "resources": camel_keys(body.get("resources") or {}) or None,
    }
    wire = execution_of(variant).wire
    return without_nothing({**common, "jobType": wire.name, **wire.properties(body, variant, _Writer(scope))})


def _wire_input(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {"jobInputType": "literal", "value": str(value)}
    if "path" not in value:
        return {"jobInputType": "literal", "value": str(value.get("value", value.get("default", "")))}
    mode = value.get("mode")
    fields = {
        "jobInputType": value.get("type") or "uri_folder",
        "uri": value["path"],
        "mode": _WIRE_MODES.get(str(mode)) if mode else None,
    }
    return without_nothing(fields)


def _wire_output(value: Mapping[str, Any] | None) -> dict[str, Any]:
    given = value or {}
    mode, version = given.get("mode"), given.get("version")
    fields = {
        "jobOutputType": output_type(given),
        "uri": given.get("path"),
        "mode": _WIRE_MODES.get(str(mode)) if mode else None,
        "assetName": given.get("name"),
        "assetVersion": None if version is None else str(version),
    }
    return without_nothing(fields)


def _without_empty(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if value not in (None, {}, [], "")}
