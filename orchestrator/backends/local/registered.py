"""Versions of assets that a job is to register, and that are taken already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.refusal import Refusal
from orchestrator.core.registration import Registration, registrations
from orchestrator.core.resource import Desired
from orchestrator.workspace.service import JOB_PROPERTY, RecordKey, Workspace, of_asset

_FIX = "Change the name or version of the output, or remove the version to use the next number."


def taken(desired: Desired, resources: Mapping[Any, Desired], workspace: Workspace) -> Iterator[Refusal]:
    """A reason for each version that is something else: of this spec, or in the workspace and by no run of this job.

    What a run of the same job has registered may be the same content: that is known when the run has completed.
    """
    for named_output in registrations(desired.properties):
        if named_output.version is None:
            continue
        declared = resources.get(Address(of_asset(named_output.type), named_output.name))
        why = ""
        if declared is not None and declared.version == named_output.version:
            why = f"the spec declares as {declared.address}"
        elif _is_anothers(desired, named_output, workspace):
            why = "exists in the workspace with different content"
        if why:
            path = ("outputs", named_output.output, "version")
            yield Refusal(
                f"output '{named_output.output}' is to become {named_output.name}:{named_output.version}, which {why}",
                path,
                _FIX,
            )


def _is_anothers(desired: Desired, named_output: Registration, workspace: Workspace) -> bool:
    kind = of_asset(named_output.type)
    record = workspace.get(RecordKey(kind, f"{kind}.{named_output.name}", str(named_output.version)))
    if record is None or record.deleting:
        return False
    run = workspace.find(desired.address.kind, str((record.body.get("properties") or {}).get(JOB_PROPERTY) or ""))
    return run is None or run.address != str(desired.address)
