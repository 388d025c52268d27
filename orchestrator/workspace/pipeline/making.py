"""Makes the body of a step's job: its component, with the values of this pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Invalid
from orchestrator.core.wire import snake
from orchestrator.workspace.jobs.execution import StepForm
from orchestrator.workspace.pipeline.components import Components
from orchestrator.workspace.pipeline.expressions import INNER, ToOutput, expression
from orchestrator.workspace.pipeline.flow import LOOP
from orchestrator.workspace.pipeline.graph import Graph, PipelineStep
from orchestrator.workspace.pipeline.loops import loop_job
from orchestrator.workspace.pipeline.step_types import form_of, step_types
from orchestrator.workspace.pipeline.values import Values, given

SEARCHED: Final = "search_space"
_PORTS: Final = ("type", "mode", "path", "name", "version")
_LABELS: Final = ("display_name", "description", "tags", "experiment_name")
_DATA: Final = ("uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model")


@dataclass(frozen=True, slots=True)
class Made:
    """The job of a step.

    Attributes:
        variant: of the jobs kind.
        body: in CLI v2, with every binding resolved.
        deterministic: the same inputs give the same outputs.
        reused: an earlier result may be used.
    """

    variant: str
    body: Mapping[str, Any]
    deterministic: bool
    reused: bool


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the jobs of one pipeline's steps.

    Attributes:
        body: the pipeline's.
        graph: of it.
        components: of the workspace.
        experiment: of all its runs.
    """

    body: Mapping[str, Any]
    graph: Graph
    components: Components
    experiment: str

    def make(self, step: PipelineStep, values: Values) -> Made:
        """The job of a step whose needs have completed.

        Raises:
            BackendError: it cannot be made; the text names the step.
        """
        if LOOP in step.node:
            return self._loop(step, values)
        node = step.node
        form = _form(step, self.components)
        said = node.get(form.component) if form.component else None
        component = dict(self.components.find(said)) if said is not None else {}
        inputs = _inputs(step, component, values)
        outputs = dict(self._outputs(node, component))
        rest = {name: value for name, value in node.items() if name not in ("inputs", "outputs", form.component)}
        inner = {name: rest.pop(name) for name in INNER if name in rest}
        resolved = {**values.tree(rest), **inner, "inputs": inputs, "outputs": outputs}
        variant, job = form.job(resolved, {name: value for name, value in component.items() if name not in _LABELS})
        if not form.reused:
            job["settings"] = {**self.graph.handed_on, **(job.get("settings") or {})}
        body = self._body(step, {**_with_code(job, self.components), "inputs": inputs, "outputs": outputs})
        deterministic = component.get("is_deterministic", node.get("is_deterministic", True)) is not False
        return Made(variant, body, deterministic, form.reused and deterministic and not self.graph.force_rerun)

    def _body(self, step: PipelineStep, job: Mapping[str, Any]) -> dict[str, Any]:
        node = step.node
        made = {
            **job,
            "display_name": node.get("display_name") or step.name,
            "description": node.get("description"),
            "tags": node.get("tags"),
            "experiment_name": self.experiment,
            "compute": node.get("compute") or self.graph.compute,
        }
        return {name: value for name, value in made.items() if value not in (None, {}, "")}

    def _loop(self, step: PipelineStep, values: Values) -> Made:
        """A pipeline of its own, whose steps are the iterations: each is reused, cancelled and found again like any step."""
        form = _form(step, self.components)
        said = step.node.get(form.component) if form.component else None
        component = self.components.find(said) if said is not None else {}
        inputs = {name: values.of(value) for name, value in (step.node.get("inputs") or {}).items()}
        loop = values.tree(step.node[LOOP])
        kept = {name: value for name, value in step.node.items() if name not in (LOOP, "inputs", "outputs")}
        inner: dict[str, Any] = {name: kept.pop(name) for name in INNER if name in kept}
        fields = loop_job(
            loop,
            dict(values.tree(kept)) | inner,
            {name: value for name, value in inputs.items() if given(value) is not None},
            dict(self._outputs(step.node, component)),
        )
        whole = _form(replace(step, node=fields), self.components)
        variant, job = whole.job({**fields, "settings": dict(self.graph.handed_on)}, {})
        return Made(variant, self._body(step, {**fields, **job}), deterministic=True, reused=whole.reused)

    def _outputs(self, node: Mapping[str, Any], component: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        declared = component.get("outputs") or {}
        given = node.get("outputs") or {}
        for name in {**declared, **given}:
            said = given.get(name)
            target = expression(said.get("path") if isinstance(said, Mapping) else said)
            own = {field: said.get(field) for field in _PORTS} if isinstance(said, Mapping) else {}
            if target is not None:
                own.pop("path", None)
            promised = self.body.get("outputs") or {} if isinstance(target, ToOutput) else {}
            parent = (promised.get(target.name) if isinstance(target, ToOutput) else None) or {}
            port = declared.get(name) or {}
            kind = own.get("type") or port.get("type") or (parent.get("type") if isinstance(parent, Mapping) else None)
            fields = {"mode": port.get("mode"), **own, "type": kind}
            yield name, {field: value for field, value in fields.items() if value is not None}


def _form(step: PipelineStep, components: Components) -> StepForm:
    """How a step's type makes it a job. What says no type is told by its component, or by its fields."""
    node = step.node
    component = components.find(node["component"]) if node.get("component") is not None else {}
    key = snake(str(node.get("type") or component.get("type") or step_type_of(node) or step_type_of(component))).lower()
    form = form_of(key) if key else None
    if form is None:
        raise Invalid(
            f"Step '{step.name}' is of type {key}, which the embedded workspace does not run."
            if key
            else f"Step '{step.name}' does not say its type.",
            fix="Choose an Azure workspace as target." if key else "Set its 'type'.",
        )
    return form


def step_type_of(fields: Mapping[str, Any]) -> str:
    """The type that the fields of a step or component tell; empty if they tell none. A field with the name of its type tells least:
    other types have it too."""
    forms = [(key, form_of(key)) for key in step_types()]
    matches = [(key, field) for key, form in forms if form is not None for field in form.tells if field in fields]
    return min(matches, key=lambda pair: pair[0] == pair[1], default=("", ""))[0]


def _inputs(step: PipelineStep, component: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """The values of a step's inputs: those that it is given, then what its component says."""
    declared: Mapping[str, Any] = component.get("inputs") or {}
    given_ones: Mapping[str, Any] = step.node.get("inputs") or {}
    found = {}
    for name, said in given_ones.items():
        value = values.of(said)
        if declared and name not in declared and not _grouped(name, declared) and "jobs" not in component:
            fix = did_you_mean(name, declared, f"It has: {', '.join(sorted(declared))}.")
            raise Invalid(f"The component of step '{step.name}' has no input '{name}'.", fix=fix)
        if given(value) is not None:
            found[name] = _typed(value, declared.get(name))
    searched = step.node.get(SEARCHED) or {}
    for name, port in declared.items():
        if name in found or name in searched or not isinstance(port, Mapping):
            continue
        if port.get("default") is not None:
            found[name] = _typed(port["default"], port)
        elif not port.get("optional"):
            raise Invalid(
                f"Input '{name}' of step '{step.name}' has no value.",
                fix="Set it in the step's inputs, or declare it optional or with a default in the component.",
            )
    return found


def _grouped(name: str, declared: Mapping[str, Any]) -> bool:
    return name.partition(".")[0] in declared


def _typed(value: Any, port: Any) -> Any:
    """A value as its component declares it: data that are given as a path get its type and mode."""
    if not isinstance(port, Mapping) or port.get("type") not in _DATA:
        return given(value)
    said = value if isinstance(value, Mapping) else {"path": value}
    return {**{field: port[field] for field in ("type", "mode") if port.get(field)}, **said}


def _with_code(job: Mapping[str, Any], components: Components) -> dict[str, Any]:
    """The job with the content of code that a client has uploaded, wherever a program stands in it."""
    changed = dict(job)
    if isinstance(changed.get("code"), str):
        changed["code"] = components.code(changed["code"])
    for name in ("trial", "task"):
        if isinstance(changed.get(name), Mapping):
            changed[name] = _with_code(changed[name], components)
    return changed
