"""Types of jobs that the wire takes and nothing here runs: a run of one fails and says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.errors import Invalid
from orchestrator.core.wire import camel, without_nothing
from orchestrator.workspace.jobs.execution import (
    Body,
    Execution,
    JobWire,
    WireReader,
    WireWriter,
    named_inputs,
    named_outputs,
    no_facts,
    nothing_foreseen,
    one_process,
)
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder


@dataclass(frozen=True, slots=True)
class _Unrun:
    key: str
    fields: tuple[str, ...]

    def argv(self, order: RunOrder, folder: JobFolder) -> tuple[list[str], Mapping[str, str]]:
        raise Invalid(
            f"The embedded workspace does not run jobs of type {self.key}.", fix="Choose an Azure workspace as target."
        )

    def variant(self, sent: Mapping[str, Any]) -> str:
        return self.key

    def body(self, sent: Mapping[str, Any], reader: WireReader) -> dict[str, Any]:
        environment = sent.get("environmentId")
        return {
            "type": self.key,
            **{field: sent.get(camel(field)) for field in self.fields},
            "code": reader.code(str(sent["codeId"])) if sent.get("codeId") else None,
            "environment": reader.short(str(environment)) if environment else None,
            "inputs": {name: reader.input(value) for name, value in (sent.get("inputs") or {}).items()} or None,
        }

    def properties(self, given: Body, variant: str, writer: WireWriter) -> dict[str, Any]:
        said = {
            **{camel(field): given.get(field) for field in self.fields},
            "environmentId": writer.environment(given.get("environment")),
            "inputs": {name: writer.input(value) for name, value in (given.get("inputs") or {}).items()} or None,
        }
        return without_nothing(said)


def unrun(key: str, name: str, *fields: str) -> Execution:
    """How a type of job is kept that does not run here.

    Args:
        key: the type.
        name: what the wire calls it: ``Spark``.
        fields: fields of its bodies that the wire has under the same name in camel case.
    """
    kept = _Unrun(key, fields)
    return Execution(
        key=key,
        own_python=True,
        places=1,
        program=lambda given: "",
        inputs=named_inputs,
        outputs=named_outputs,
        own_outputs=False,
        time_limit=lambda given: None,
        processes=one_process,
        argv=kept.argv,
        result="result",
        foreseen=nothing_foreseen,
        wire=JobWire(
            name=name,
            variant=kept.variant,
            body=kept.body,
            properties=kept.properties,
            log="user_logs/std_log.txt",
            facts=no_facts,
        ),
        step=None,
    )
