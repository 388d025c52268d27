"""What the inputs of a step are, once the steps before it have run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Invalid
from orchestrator.workspace.job_types import execution_of
from orchestrator.workspace.jobs.bodies import literal_text
from orchestrator.workspace.jobs.places import is_value
from orchestrator.workspace.pipeline.expressions import (
    Expression,
    FromStep,
    ToOutput,
    expression,
    expressions,
    filled,
)
from orchestrator.workspace.pipeline.results import value_of
from orchestrator.workspace.records.record import Record

_FOLDER: Final = "uri_folder"


@dataclass(frozen=True, slots=True)
class Values:
    """What the expressions of a pipeline stand for.

    Attributes:
        inputs: of the pipeline, as its body has them.
        made: the run of each step that has completed.
    """

    inputs: Mapping[str, Any]
    made: Mapping[str, Record]

    def of(self, value: Any) -> Any:
        """A value with its expressions resolved; None if it is bound to an input without value.

        Raises:
            Invalid: it is bound to what is not there.
        """
        if isinstance(value, Mapping):
            return self._body(value)
        found = expression(value)
        if found is not None and not isinstance(found, ToOutput):
            return self._one(found)
        return self._text(value) if isinstance(value, str) else value

    def tree(self, value: Any) -> Any:
        """A plain tree with the expressions in it resolved; what is bound to an output of the pipeline stays."""
        if isinstance(value, Mapping):
            inner = {name: self.tree(item) for name, item in value.items()}
            path = inner.get("path")
            return {**path, **inner, "path": path.get("path")} if isinstance(path, Mapping) else inner
        return [self.tree(item) for item in value] if isinstance(value, list) else self.of(value)

    def _body(self, value: Mapping[str, Any]) -> Any:
        said = {name: item for name, item in value.items() if item is not None}
        if expression(said.get("path")) is None:
            return {name: self._text(item) if isinstance(item, str) else item for name, item in said.items()}
        bound = self.of(said.pop("path"))
        return {**bound, **said} if isinstance(bound, Mapping) else bound

    def _one(self, found: Expression) -> Any:
        if isinstance(found, FromStep):
            record = self.made[found.step]
            port = _port_of(record, found)
            if is_value(port):
                return value_of(record, found.output, found.step)
            return {
                "type": str(port.get("type") or _FOLDER),
                "path": f"azureml://jobs/{record.revision}/outputs/{found.output}",
            }
        return given(self.inputs.get(found.name))

    def _text(self, text: str) -> str:
        """Literals among other text."""
        values = {}
        for found in expressions(text):
            value = None if isinstance(found, ToOutput) else self._one(found)
            if value is not None and not isinstance(value, Mapping):
                values[found] = literal_text(value)
        return filled(text, values)


def given(value: Any) -> Any:
    """The value of an input that may be written as a body; None if it has none."""
    if not isinstance(value, Mapping) or value.get("path"):
        return value
    return value.get("value") if value.get("value") is not None else value.get("default")


def _port_of(record: Record, source: FromStep) -> Mapping[str, Any]:
    known = execution_of(record.variant).outputs(record.body)
    if source.output not in known:
        fix = did_you_mean(source.output, known, f"It has: {', '.join(sorted(known)) or 'none'}.")
        raise Invalid(f"Step '{source.step}' has no output '{source.output}'.", fix=fix)
    return known[source.output]
