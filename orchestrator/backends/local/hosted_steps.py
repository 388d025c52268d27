"""Steps that run a component of a registry: whether the catalogue has what they give and what their commands need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.extras import install_extra
from orchestrator.core.refusal import Refusal
from orchestrator.core.tree import Path
from orchestrator.core.value import Reference, opened
from orchestrator.job_types.pipeline.bindings import bindings
from orchestrator.job_types.pipeline.walk import pipelines, steps_of
from orchestrator.workspace.service import hosted_component, stand_in_for

_FIELD: Final = "component"


def unusable_steps(body: Mapping[str, Any], stand_ins: Mapping[str, str]) -> Iterator[Refusal]:
    """A reason for each step that cannot run as it is.

    Args:
        body: of a job.
        stand_ins: reference to local path: what is taken from there is not of the catalogue.
    """
    plain = opened(body)
    if not isinstance(plain, Mapping):
        return
    for path, pipeline in pipelines(plain):
        declared: dict[str, Mapping[str, Any]] = {}
        for place, step in steps_of(pipeline, path):
            text = _named(step.get(_FIELD))
            found = hosted_component(text) if text and stand_in_for(stand_ins, text) is None else None
            if found is None:
                continue
            if found.missing:
                yield Refusal(
                    f"{text} requires {', '.join(found.missing)}, which is not installed",
                    (*place, _FIELD),
                    install_extra("local", found.extra),
                )
            declared[str(place[-1])] = found.body.get("outputs") or {}
            yield from _inputs(place, step, found.body.get("inputs") or {}, text)
        yield from _outputs(path, pipeline, declared)


def _named(said: Any) -> str:
    if isinstance(said, Reference):
        return str(said) if said.external else ""
    return said if isinstance(said, str) else ""


def _inputs(place: Path, step: Mapping[str, Any], ports: Mapping[str, Any], text: str) -> Iterator[Refusal]:
    given: Mapping[str, Any] = step.get("inputs") or {}
    for name, value in given.items():
        port = ports.get(name)
        if port is None:
            known = did_you_mean(str(name), ports, f"Its inputs are: {', '.join(ports)}.")
            yield Refusal(f"{text} has no input '{name}'", (*place, "inputs", name), known)
        elif port.get("enum") and isinstance(value, str) and "${{" not in value and value not in port["enum"]:
            known = did_you_mean(value, port["enum"], f"Use one of {', '.join(port['enum'])}.")
            yield Refusal(f"'{name}' cannot be '{value}'", (*place, "inputs", name), known)
    for name, port in ports.items():
        if not port.get("optional") and port.get("default") is None and given.get(name) is None:
            yield Refusal(
                f"the step '{place[-1]}' does not give the input '{name}', which {text} requires",
                (*place, "inputs") if given else place,
                f"Add '{name}: …' under its 'inputs'.",
            )


def _outputs(path: Path, pipeline: Mapping[str, Any], declared: Mapping[str, Mapping[str, Any]]) -> Iterator[Refusal]:
    """Bindings to an output that such a step does not have."""
    for place, step in steps_of(pipeline, path):
        for where, binding in bindings(step):
            ports = declared.get(binding.name) if binding.member else None
            if ports is not None and binding.member not in ports:
                known = did_you_mean(binding.member, ports, f"Its outputs are: {', '.join(ports)}.")
                yield Refusal(f"the step '{binding.name}' has no output '{binding.member}'", (*place, *where), known)
